/** Errors of files, in Node's form: `ENOENT: no such file or directory, open '/etc/none'`. */

/** The codes that there are. */
export type FileErrorCode =
  | "ENOENT"
  | "EIO"
  | "EBADF"
  | "EEXIST"
  | "ENOTDIR"
  | "EISDIR"
  | "EINVAL"
  | "EMFILE"
  | "ENOSPC"
  | "ENOTEMPTY";

const ERRORS: { readonly [code in FileErrorCode]: readonly [errno: number, text: string] } = {
  ENOENT: [-2, "no such file or directory"],
  EIO: [-5, "i/o error"],
  EBADF: [-9, "bad file descriptor"],
  EEXIST: [-17, "file already exists"],
  ENOTDIR: [-20, "not a directory"],
  EISDIR: [-21, "illegal operation on a directory"],
  EINVAL: [-22, "invalid argument"],
  EMFILE: [-24, "too many open files"],
  ENOSPC: [-28, "no space left on device"],
  ENOTEMPTY: [-39, "directory not empty"],
};

/** What is done, for the error that says so. */
export interface Doing {
  readonly syscall: string;
  readonly path?: string;
  readonly dest?: string;
}

/** An error as Node's `fs` throws it. */
export function fileError(code: FileErrorCode, doing: Doing): Error {
  const [errno, text] = ERRORS[code];
  const { syscall, path, dest } = doing;
  const where = path === undefined ? "" : ` '${path}'`, to = dest === undefined ? "" : ` -> '${dest}'`;
  const more = { ...path !== undefined && { path }, ...dest !== undefined && { dest } };
  return Object.assign(new Error(`${code}: ${text}, ${syscall}${where}${to}`), {
    errno,
    code,
    syscall,
    ...more,
  });
}

/** The error of an operation whose signal was aborted. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: signal.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}
