/** `node:fs` and `node:fs/promises`: all that is patched in them, and what is not reached. */
import type { RuntimeName } from "../host/io.ts";
import { wrapCallback } from "./fs_callbacks.ts";
import { wrapClose, wrapClosePromise, wrapCloseSync } from "./fs_descriptors.ts";
import { wrapDirClose, wrapDirRead, wrapGlob, wrapWatch } from "./fs_directory.ts";
import { wrapHosts } from "./fs_here.ts";
import { wrapCall, wrapOpen, wrapOpendir } from "./fs_promises.ts";
import { wrapCreate } from "./fs_streams.ts";
import type { Callable, Wrap } from "./layer.ts";
import type { Gap, Target } from "./target.ts";

/** With a promise and with a callback. */
const PATHS =
  "access appendFile chmod chown copyFile cp lchmod lchown link lstat lutimes mkdir mkdtemp readdir readFile " +
  "readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes writeFile";
/** With a callback; some runtimes have them in `fs/promises`, too. */
const DESCRIPTORS = "exists fchmod fchown fdatasync fstat fsync ftruncate futimes read readv write writev";

function table(module: string, names: string, wrap: (name: string) => Wrap): Target[] {
  return names.split(" ").map((name) => ({ group: "fs", module, name, wrap: wrap(name) }));
}

function always(wrap: Wrap): () => Wrap {
  return () => wrap;
}

/** Some calls give a promise when they are called without arguments. */
function wrapEither(original: Callable): Callable {
  const withCallback = wrapCallback("Dir.read")(original), withPromise = wrapDirRead(original);
  return function (this: unknown, ...args: unknown[]): unknown {
    return Reflect.apply(args.length > 0 ? withCallback : withPromise, this, args);
  };
}

/** What is patched. */
export const fsTargets: readonly Target[] = [
  // First, as `fs.realpath` takes over what hangs on the host's.
  ...table("fs.realpath", "native", () => wrapCallback("realpath.native")),
  ...table("fs", `${PATHS} ${DESCRIPTORS} glob open opendir`, wrapCallback),
  ...table("fs", "openAsBlob", wrapCall),
  ...table("fs", "close", always(wrapClose)),
  ...table("fs", "closeSync", always(wrapCloseSync)),
  ...table("fs", "createReadStream createWriteStream", wrapCreate),
  ...table("fs.ReadStream.prototype", "_construct _destroy _read", always(wrapHosts)),
  ...table("fs.WriteStream.prototype", "_construct _destroy _write _writev", always(wrapHosts)),
  ...table("fs.Dir.prototype", "read", always(wrapEither)),
  ...table("fs.Dir.prototype", "close closeSync", always(wrapDirClose)),
  ...table("fs/promises", `${PATHS} ${DESCRIPTORS} mkdtempDisposable`, wrapCall),
  ...table("fs/promises", "open", always(wrapOpen)),
  ...table("fs/promises", "close", always(wrapClosePromise)),
  ...table("fs/promises", "opendir", always(wrapOpendir)),
  ...table("fs/promises", "glob", always(wrapGlob)),
  ...table("fs/promises", "watch", always(wrapWatch)),
];

const everywhere: readonly Gap[] = [
  {
    group: "fs",
    name: "calls of fs and fs/promises that are under way at the host",
    reason:
      "the greenlet hears of its kill at once; the host goes on, however large the file, and what comes is dropped",
  },
  {
    group: "fs",
    name: "streams, FileHandle.close and fs.close while such a call is under way",
    reason: "they tell when that call is over: a write must not go to whatever file gets the descriptor next",
  },
  {
    group: "fs",
    name: "fs.watch, fs.watchFile",
    reason: "libraries share them: use watch of fs/promises, which ends with its greenlet, or close it",
  },
  {
    group: "fs",
    name: "fs.read without a position",
    reason:
      "what an interrupted one has read is lost for the next reader: use FileHandle.read, which keeps it",
  },
];

/** What is out of reach on that runtime. */
export function fsGaps(runtime: RuntimeName): readonly Gap[] {
  if (runtime === "Node") return everywhere;
  const own: Gap[] = runtime === "Bun"
    ? [{
      group: "fs",
      name: "FileHandle.pull, FileHandle.writer",
      reason: "they go past the methods of the handle, which is closed with its greenlet: use its streams",
    }]
    : [{
      group: "fs",
      name: "FileHandle of a file opened before the patch",
      reason: "its class is known when the first file is opened after the patch: open it later",
    }, {
      group: "fs",
      name: "opendir",
      reason: "Deno keeps a directory open that was not read to its end, also after its close: use readdir",
    }];
  return [...everywhere, ...own];
}
