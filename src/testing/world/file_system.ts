/**
 * Files without a disk, with the functions of `node:fs/promises`. What a program does in several system calls is several
 * here, each with its own latency and its own faults: so a `writeFile` that fails has emptied the file before.
 *
 * Length: it is a list of twenty functions with their signatures.
 */
import { count, probe, reads, show, writes } from "../../core/mod.ts";
import type { Bytes } from "./content.ts";
import { Disk, type Node, normal } from "./disk.ts";
import { type Dice, probability, type Range, range } from "./faults.ts";
import { abortError, type Doing, fileError } from "./file_errors.ts";
import { decoded, encoded, type Files, modeOf, OpenFile, optionsOf, statsOf } from "./file_handle.ts";
import type {
  FileData,
  FileEncoding,
  FilePath,
  ReadFileOptions,
  SimulatedDirent,
  SimulatedFileHandle,
  SimulatedFsOptions,
  SimulatedStats,
  WriteFileOptions,
} from "./file_types.ts";
import { type Script, script, wait } from "./script.ts";
import { EPOCH } from "./simulated_date.ts";
import { deferred, type SimulatedPromise } from "./simulated_promise.ts";
import { type Stage, stageOf } from "./stage.ts";

/** As on Linux. */
const MAX_HANDLES = 1_024;
/** Numbers below are the standard streams. */
const FIRST_FD = 3;
const NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A path as text. */
function pathOf(path: FilePath, what: string): string {
  if (typeof path === "string" && path !== "") return path;
  if (path instanceof URL && path.protocol === "file:") return decodeURIComponent(path.pathname);
  throw new TypeError(`${what} needs a path or a file: URL, not ${show(path)}`);
}

/** Files in memory. Made by {@linkcode simulatedFs}. */
export class SimulatedFileSystem {
  readonly #stage: Stage;
  readonly #dice: Dice;
  readonly #disk: Disk;
  readonly #latency: Range;
  readonly #failure: number;
  readonly #most: number;
  readonly #files: Files;
  readonly #open: Set<OpenFile> = new Set();
  /** Grows with each crash: what was under way has not happened. */
  #life = 0;

  constructor(options: SimulatedFsOptions = {}) {
    this.#stage = stageOf("simulatedFs()");
    if (probe !== null) probe.born(this);
    const what = (name: string) => `simulatedFs's ${name}`;
    const dice = this.#dice = this.#stage.dice(options.seed);
    this.#latency = range(options.latency, what("latency"));
    this.#failure = probability(options.failure, what("failure"));
    this.#most = count(options.handles ?? MAX_HANDLES, what("handles"), 0);
    const capacity = options.capacity ?? Infinity;
    const disk = this.#disk = new Disk(
      count(capacity, what("capacity"), 0),
      () => EPOCH + this.#stage.loop.now(),
    );
    this.#files = {
      disk,
      dice,
      full: probability(options.full, what("full")),
      short: probability(options.short, what("short")),
      call: (doing, effect, sure) => this.#call(doing, effect, sure),
      closed: (handle) => void this.#open.delete(handle),
    };
    for (const [path, data] of Object.entries(options.files ?? {})) this.#put(path, encoded(data, "utf8"));
    disk.syncAll();
  }

  /** A file of the beginning, with the folders that it is in. */
  #put(path: string, bytes: Bytes): void {
    const doing = { syscall: "simulatedFs", path };
    const parts = normal(path).slice(1).split("/");
    parts.slice(0, -1).forEach((_, i) => {
      const { folder, name, node } = this.#disk.place(parts.slice(0, i + 1).join("/"), doing);
      if (node === undefined) this.#disk.change([{ folder, name, node: this.#disk.folder(0o755) }]);
    });
    const { folder, name } = this.#disk.place(path, doing);
    const file = this.#disk.file(0o644);
    this.#disk.change([{ folder, name, node: file }]);
    if (bytes.length > 0) this.#disk.write(file, bytes, 0, doing);
  }

  #call<T>(doing: Doing, effect: () => T, sure: boolean = false): SimulatedPromise<T> {
    this.#stage.check("this file system");
    const { promise, resolve, reject } = deferred<T>();
    const life = this.#life;
    const fails = !sure && this.#dice.chance(this.#failure);
    const name = `${doing.syscall}${doing.path === undefined ? "" : ` ${doing.path}`}`;
    this.#stage.after(this.#dice.in(this.#latency), name, () => {
      writes(this);
      if (fails || life !== this.#life) return reject(fileError("EIO", doing));
      try {
        resolve(effect());
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }

  /** A call on one path. */
  #on<T>(syscall: string, path: FilePath, effect: (path: string, doing: Doing) => T): SimulatedPromise<T> {
    const text = pathOf(path, syscall);
    const doing = { syscall, path: text };
    return this.#call(doing, () => effect(text, doing));
  }

  // ---- for tests

  /** All files with their contents as text, as programs see them; at once. */
  files(): { [path: string]: string } {
    reads(this);
    const all: { [path: string]: string } = {};
    const visit = (path: string, node: Node): void => {
      if (node.kind === "file") all[path] = decoded(node.content, "utf8") as string;
      else {for (const name of [...node.entries.keys()].sort()) {
          visit(`${path}/${name}`, node.entries.get(name) as Node);
        }}
    };
    visit("", this.#disk.root);
    return all;
  }

  /**
   * The machine loses its power, and starts again: what was not synced is there in part. Handles are closed, and what was
   * under way fails.
   *
   * @param options `keep`: of what was not synced, `"nothing"`, `"everything"`, or `"some"` by chance, which is the default.
   */
  crash(options: { readonly keep?: "nothing" | "some" | "everything" } = {}): void {
    this.#stage.check("this file system");
    writes(this);
    this.#life++;
    for (const handle of this.#open) handle.drop();
    this.#disk.crash(options.keep ?? "some", this.#dice);
  }

  // ---- files

  open(path: FilePath, flags: string = "r", mode: number = 0o666): Promise<SimulatedFileHandle> {
    return this.#openFile(path, flags, mode);
  }

  #openFile(path: FilePath, flags: string, mode: number): Promise<OpenFile> {
    const how = modeOf(flags);
    return this.#on("open", path, (path, doing) => {
      if (this.#open.size >= this.#most) throw fileError("EMFILE", doing);
      const { folder, name, node } = this.#disk.place(path, doing);
      if (node !== undefined && how.exclusive) throw fileError("EEXIST", doing);
      if (node === undefined && !how.create) throw fileError("ENOENT", doing);
      if (node?.kind === "folder" && how.write) throw fileError("EISDIR", doing);
      const file = node ?? this.#disk.file(mode & ~0o022);
      if (node === undefined) this.#disk.change([{ folder, name, node: file }]);
      else if (how.truncate && file.kind === "file") this.#disk.truncate(file, 0, doing);
      const used = new Set([...this.#open].map(({ fd }) => fd));
      let fd = FIRST_FD;
      while (used.has(fd)) fd++;
      const handle = new OpenFile(this.#files, fd, path, file, how);
      this.#open.add(handle);
      return handle;
    });
  }

  /** Opens, uses and closes a file. */
  *#with<T>(path: FilePath, flags: string, mode: number, use: (file: OpenFile) => Script<T>): Script<T> {
    const file = yield* wait(this.#openFile(path, flags, mode));
    let result: T;
    try {
      result = yield* use(file);
    } catch (error) {
      yield* wait(file.close());
      throw error;
    }
    yield* wait(file.close());
    return result;
  }

  readFile(path: FilePath, options?: (ReadFileOptions & { encoding?: null }) | null): Promise<Bytes>;
  readFile(
    path: FilePath,
    options: FileEncoding | (ReadFileOptions & { encoding: FileEncoding }),
  ): Promise<string>;
  readFile(path: FilePath, options?: FileEncoding | ReadFileOptions | null): Promise<never> {
    const how = optionsOf<ReadFileOptions>(options);
    return script(() => {
      if (how.signal?.aborted === true) throw abortError(how.signal);
      return this.#with(path, how.flag ?? "r", 0o666, (file) => file.reading(how));
    }) as Promise<unknown> as Promise<never>;
  }

  writeFile(path: FilePath, data: FileData, options?: FileEncoding | WriteFileOptions | null): Promise<void> {
    const how = optionsOf<WriteFileOptions>(options);
    return script(() => {
      if (how.signal?.aborted === true) throw abortError(how.signal);
      return this.#with(path, how.flag ?? "w", how.mode ?? 0o666, (file) => file.writing(data, how));
    });
  }

  appendFile(
    path: FilePath,
    data: FileData,
    options?: FileEncoding | WriteFileOptions | null,
  ): Promise<void> {
    return this.writeFile(path, data, { flag: "a", ...optionsOf<WriteFileOptions>(options) });
  }

  truncate(path: FilePath, size: number = 0): Promise<void> {
    return script(() => this.#with(path, "r+", 0o666, (file) => wait(file.truncate(size))));
  }

  copyFile(from: FilePath, to: FilePath): Promise<void> {
    const doing = { syscall: "copyfile", path: pathOf(from, "copyFile"), dest: pathOf(to, "copyFile") };
    return this.#call(doing, () => {
      const source = this.#disk.node(doing.path, doing);
      const { folder, name, node } = this.#disk.place(doing.dest, doing);
      if (source.kind === "folder" || node?.kind === "folder") throw fileError("EISDIR", doing);
      const copy = node ?? this.#disk.file(source.mode);
      if (node === undefined) this.#disk.change([{ folder, name, node: copy }]);
      else this.#disk.truncate(copy, 0, doing);
      const { content } = source;
      if (content.length > 0 && this.#disk.write(copy, content, 0, doing) < content.length) {
        throw fileError("ENOSPC", doing);
      }
    });
  }

  // ---- names

  stat(path: FilePath): Promise<SimulatedStats> {
    return this.#on("stat", path, (path, doing) => statsOf(this.#disk.node(path, doing)));
  }

  /** The same as `stat`: there are no symbolic links. */
  lstat(path: FilePath): Promise<SimulatedStats> {
    return this.#on("lstat", path, (path, doing) => statsOf(this.#disk.node(path, doing)));
  }

  access(path: FilePath, _mode?: number): Promise<void> {
    return this.#on("access", path, (path, doing) => void this.#disk.node(path, doing));
  }

  realpath(path: FilePath): Promise<string> {
    return this.#on("realpath", path, (path, doing) => {
      this.#disk.node(path, doing);
      return normal(path);
    });
  }

  rename(from: FilePath, to: FilePath): Promise<void> {
    const doing = { syscall: "rename", path: pathOf(from, "rename"), dest: pathOf(to, "rename") };
    return this.#call(doing, () => {
      const source = this.#disk.place(doing.path, doing), target = this.#disk.place(doing.dest, doing);
      const { node } = source;
      if (node === undefined) throw fileError("ENOENT", doing);
      if (node === target.node) return;
      const [old, next] = [normal(doing.path), normal(doing.dest)];
      if (old === "/" || next.startsWith(`${old}/`)) throw fileError("EINVAL", doing);
      if (target.node !== undefined) {
        if (node.kind === "file" && target.node.kind === "folder") throw fileError("EISDIR", doing);
        if (node.kind === "folder" && target.node.kind === "file") throw fileError("ENOTDIR", doing);
        if (target.node.kind === "folder" && target.node.entries.size > 0) {
          throw fileError("ENOTEMPTY", doing);
        }
      }
      // The new name first: in between, the node is held by one of the two.
      this.#disk.change([
        { folder: target.folder, name: target.name, node },
        { folder: source.folder, name: source.name, node: null },
      ]);
    });
  }

  unlink(path: FilePath): Promise<void> {
    return this.#on("unlink", path, (path, doing) => {
      const { folder, name, node } = this.#disk.place(path, doing);
      if (node === undefined) throw fileError("ENOENT", doing);
      if (node.kind === "folder") throw fileError("EISDIR", doing);
      this.#disk.change([{ folder, name, node: null }]);
    });
  }

  rmdir(path: FilePath): Promise<void> {
    return this.#on("rmdir", path, (path, doing) => {
      const { folder, name, node } = this.#disk.place(path, doing);
      if (node === undefined) throw fileError("ENOENT", doing);
      if (node.kind === "file") throw fileError("ENOTDIR", doing);
      if (node.entries.size > 0 || name === "") throw fileError("ENOTEMPTY", doing);
      this.#disk.change([{ folder, name, node: null }]);
    });
  }

  rm(
    path: FilePath,
    options: { readonly recursive?: boolean; readonly force?: boolean } = {},
  ): Promise<void> {
    return script(() => this.#remove(pathOf(path, "rm"), options.recursive === true, options.force === true));
  }

  /** One after the other: it may end in the middle. */
  *#remove(path: string, recursive: boolean, force: boolean): Script<void> {
    let stats;
    try {
      stats = yield* wait(this.lstat(path));
    } catch (error) {
      if (force && (error as { code?: string }).code === "ENOENT") return;
      throw error;
    }
    if (stats.isFile()) return yield* wait(this.unlink(path));
    if (!recursive) {
      const error = new Error(`Path is a directory: rm returned EISDIR (is a directory) ${path}`);
      throw Object.assign(error, { code: "ERR_FS_EISDIR", syscall: "rm", path });
    }
    for (const name of yield* wait(this.readdir(path))) yield* this.#remove(`${path}/${name}`, true, force);
    yield* wait(this.rmdir(path));
  }

  mkdir(
    path: FilePath,
    options?: number | { readonly recursive?: boolean; readonly mode?: number } | null,
  ): Promise<string | undefined> {
    const how = typeof options === "number" ? { mode: options } : options ?? {};
    return this.#on("mkdir", path, (path, doing) => {
      const make = (path: string): boolean => {
        const { folder, name, node } = this.#disk.place(path, doing);
        if (node !== undefined) {
          if (node.kind === "folder" && how.recursive === true) return false;
          throw fileError("EEXIST", doing);
        }
        this.#disk.change([{ folder, name, node: this.#disk.folder(how.mode ?? 0o777) }]);
        return true;
      };
      if (how.recursive !== true) return void make(path);
      const parts = normal(path).slice(1).split("/");
      const paths = parts.map((_, i) => `/${parts.slice(0, i + 1).join("/")}`);
      return paths.filter((path) => make(path))[0];
    });
  }

  /** @param prefix the beginning of the path; six characters by chance come behind it. */
  mkdtemp(prefix: string): Promise<string> {
    const doing = { syscall: "mkdtemp", path: `${prefix}XXXXXX` };
    return this.#call(doing, () => {
      const end = Array.from({ length: 6 }, () => NAME_CHARACTERS[this.#dice.below(NAME_CHARACTERS.length)]);
      const path = prefix + end.join("");
      const { folder, name } = this.#disk.place(path, doing);
      this.#disk.change([{ folder, name, node: this.#disk.folder(0o700) }]);
      return path;
    });
  }

  readdir(
    path: FilePath,
    options?: { readonly recursive?: boolean; readonly withFileTypes?: false } | null,
  ): Promise<string[]>;
  readdir(
    path: FilePath,
    options: { readonly recursive?: boolean; readonly withFileTypes: true },
  ): Promise<SimulatedDirent[]>;
  readdir(
    path: FilePath,
    options?: { readonly recursive?: boolean; readonly withFileTypes?: boolean } | null,
  ): Promise<never> {
    return this.#on("scandir", path, (path, doing) => {
      const folder = this.#disk.node(path, doing);
      if (folder.kind === "file") throw fileError("ENOTDIR", doing);
      const found: { name: string; parentPath: string; path: string; node: Node }[] = [];
      const visit = (parentPath: string, prefix: string, entries: ReadonlyMap<string, Node>): void => {
        for (const name of [...entries.keys()].sort()) {
          const node = entries.get(name) as Node;
          found.push({ name, parentPath, path: prefix + name, node });
          if (options?.recursive === true && node.kind === "folder") {
            visit(`${parentPath}/${name}`, `${prefix}${name}/`, node.entries);
          }
        }
      };
      visit(path, "", folder.entries);
      if (options?.withFileTypes !== true) return found.map(({ path }) => path);
      return found.map(({ name, parentPath, node }) => ({
        name,
        parentPath,
        isFile: () => node.kind === "file",
        isDirectory: () => node.kind === "folder",
        isSymbolicLink: () => false,
      }));
    }) as Promise<unknown> as Promise<never>;
  }

  // ---- by Deno's names

  readTextFile(path: FilePath, options: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return this.readFile(path, { encoding: "utf8", signal: options.signal });
  }

  writeTextFile(
    path: FilePath,
    text: string,
    options: { readonly append?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    return this.writeFile(path, text, { flag: options.append === true ? "a" : "w", signal: options.signal });
  }

  remove(path: FilePath, options: { readonly recursive?: boolean } = {}): Promise<void> {
    return script(() => this.#removeOne(pathOf(path, "remove"), options.recursive === true));
  }

  *#removeOne(path: string, recursive: boolean): Script<void> {
    if (recursive) return yield* this.#remove(path, true, false);
    const stats = yield* wait(this.lstat(path));
    yield* wait(stats.isFile() ? this.unlink(path) : this.rmdir(path));
  }
}

/**
 * Files in memory for the body of a simulation, with the functions of `node:fs/promises` and of Deno. Give it to the code
 * that is tested in place of these: `Pick<SimulatedFileSystem, "writeFile" | "rename">` is a type that Node's module fits,
 * too. Outside of simulations, in a `run` on a virtual clock, it works as well: give it a `seed` there.
 *
 * Errors are as in Node: `code` is `ENOENT`, `EEXIST`, `ENOTDIR`, `EISDIR`, `ENOTEMPTY`, `EINVAL`, `EBADF`, `EMFILE`,
 * `ENOSPC` or `EIO`. A file that is open at the end of the run is a leak. There are no links, permissions and watchers, and
 * contents are `Uint8Array`s.
 *
 * @param options what goes wrong, and how often. Default: nothing, in no time, on a disk without a limit.
 * @throws `RangeError` for bad options, `Error` outside of greenlets.
 * @example
 * ```ts
 * import { until } from "tendril";
 * import { simulate, simulatedFs } from "tendril/testing";
 * import { assertThrows } from "@std/assert";
 *
 * const body = (isSafe: boolean) => function* () {
 *   const fs = simulatedFs({ full: 0.5, files: { "/config": "old" } });
 *   try {
 *     yield* until(fs.writeFile(isSafe ? "/config.new" : "/config", "new"));
 *     if (isSafe) yield* until(fs.rename("/config.new", "/config"));
 *   } catch (error) {
 *     if ((error as { code?: string }).code !== "ENOSPC") throw error;
 *   }
 *   const found = yield* until(fs.readFile("/config", "utf8"));
 *   if (found !== "old" && found !== "new") throw new Error(`the file is broken: "${found}"`);
 * };
 * simulate(body(true));
 * assertThrows(() => simulate(body(false)), Error, "the file is broken");
 * ```
 */
export function simulatedFs(options?: SimulatedFsOptions): SimulatedFileSystem {
  return new SimulatedFileSystem(options);
}
