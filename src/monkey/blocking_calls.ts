/** The calls that hold the thread until they are done, and what to use instead. */

/** A function that blocks. */
export interface BlockingCall {
  /** Where it is: a builtin module ("fs"), a global object ("Deno"), or a prototype in there ("Deno.FsFile.prototype"). */
  readonly module: string;
  readonly name: string;
  /** What does the same without holding the loop. */
  readonly twin: string;
}

const SYNC = "Sync";

/** The asynchronous twin has the same name, without `Sync`. */
function plain(module: string, names: string, prefix: string): BlockingCall[] {
  return names.split(/\s+/).map((name) => ({ module, name: name + SYNC, twin: `${prefix}.${name}` }));
}

/** The twin is called otherwise. */
function renamed(module: string, twins: { readonly [name: string]: string }): BlockingCall[] {
  return Object.entries(twins).map(([name, twin]) => ({ module, name, twin }));
}

const FILES =
  "access appendFile chmod chown copyFile cp glob lchmod lchown link lstat lutimes mkdir mkdtemp " +
  "mkdtempDisposable open opendir readFile readdir readlink realpath rename rm rmdir stat statfs symlink truncate " +
  "unlink utimes writeFile";
const COMPRESSION =
  "brotliCompress brotliDecompress deflate deflateRaw gunzip gzip inflate inflateRaw unzip " +
  "zstdCompress zstdDecompress createZipArchive";
const DENO_FILES =
  "chmod chown copyFile create link lstat makeTempDir makeTempFile mkdir open readDir readFile " +
  "readLink readTextFile realPath remove rename stat symlink truncate utime writeFile writeTextFile spawnAndWait";

/**
 * All of them. A call that always takes microseconds is none of these (`crypto.randomFillSync`, `FsFile.seekSync`); nor is
 * what has no twin (databases in process).
 */
export const blockingCalls: readonly BlockingCall[] = [
  ...plain("fs", FILES, "fs.promises"),
  ...renamed("fs", {
    existsSync: "fs.promises.access",
    fchmodSync: "FileHandle.chmod of fs.promises.open",
    fchownSync: "FileHandle.chown of fs.promises.open",
    fdatasyncSync: "FileHandle.datasync of fs.promises.open",
    fstatSync: "FileHandle.stat of fs.promises.open",
    fsyncSync: "FileHandle.sync of fs.promises.open",
    ftruncateSync: "FileHandle.truncate of fs.promises.open",
    futimesSync: "FileHandle.utimes of fs.promises.open",
    openAsBlobSync: "fs.openAsBlob",
    readSync: "FileHandle.read of fs.promises.open",
    readvSync: "FileHandle.readv of fs.promises.open",
    writeSync: "FileHandle.write of fs.promises.open",
    writevSync: "FileHandle.writev of fs.promises.open",
  }),
  ...plain("child_process", "exec execFile spawn", "child_process"),
  ...plain("zlib", COMPRESSION, "zlib"),
  ...plain("crypto", "argon2 checkPrime generateKeyPair generatePrime pbkdf2 scrypt", "crypto"),
  ...renamed("Atomics", { wait: "Atomics.waitAsync" }),
  ...renamed("globalThis", {
    alert: "node:readline/promises",
    confirm: "node:readline/promises",
    prompt: "node:readline/promises",
  }),
  ...plain("Deno", DENO_FILES, "Deno"),
  ...plain("Deno.FsFile.prototype", "lock read stat sync syncData truncate utime write", "Deno.FsFile"),
  ...plain("Deno.Command.prototype", "output", "Deno.Command"),
  ...plain("Bun", "resolve spawn zstdCompress zstdDecompress", "Bun"),
  ...renamed("Bun", {
    deflateSync: "zlib.deflate",
    gunzipSync: "zlib.gunzip",
    gzipSync: "zlib.gzip",
    inflateSync: "zlib.inflate",
    sleepSync: "yield* sleep(ms)",
  }),
  ...plain("Bun.password", "hash verify", "Bun.password"),
  ...plain("Bun.Transpiler.prototype", "transform", "Bun.Transpiler"),
];
