/** Programs that cannot be started, and why: runtimes tell of it an event later, and each in its own words. */
import { builtin } from "./modules.ts";

interface Modules {
  readonly fs: {
    statSync(path: string | URL, options: object): { isDirectory(): boolean } | undefined;
    accessSync(path: string, mode: number): void;
    readonly constants: { readonly X_OK: number };
  };
  readonly path: { resolve(...parts: string[]): string; readonly delimiter: string };
  readonly url: { fileURLToPath(url: URL): string };
  readonly process: { readonly env: Readonly<Record<string, string | undefined>> };
}

const get = <K extends keyof Modules>(name: K): Modules[K] => builtin(name) as Modules[K];

/** What was to be started. */
interface Attempt {
  readonly argv: readonly string[];
  readonly cwd?: string | URL;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * A program could not be started, or a file for its streams not be opened. `code` is the system's: `ENOENT` (there is no
 * such program, or working directory), `EACCES` (it is no program, or may not be executed), `E2BIG`, `EAGAIN`, …
 */
export class SpawnError extends Error {
  override name = "SpawnError";
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    super(`${message} (${code})`, options);
    this.code = code;
  }
}

/** The system's code of an error. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" ? code : name === "NotCapable" ? "EACCES" : "EUNKNOWN";
}

/** How a path stands in a message. */
export function short(text: string | URL): string {
  const { length } = String(text);
  return length > 100 ? `${String(text).slice(0, 100)}…` : String(text);
}

/** Why a program could not be started, in the same words on every runtime. `cause`: what the runtime has thrown, if anything. */
export function whyNot({ argv: [file], cwd, env }: Attempt, cause: unknown): SpawnError {
  const failed = (what: string, code: string) => new SpawnError(what, code, { cause });
  try {
    const { statSync } = get("fs");
    const stat = (path: string | URL) => statSync(path, { throwIfNoEntry: false });
    if (cwd !== undefined && stat(cwd)?.isDirectory() !== true) {
      const [is, code] = stat(cwd) === undefined
        ? ["does not exist", "ENOENT"]
        : ["is no directory", "ENOTDIR"];
      return failed(`${short(file)} was not started: its working directory ${short(cwd)} ${is}`, code);
    }
    const found = candidates(file, cwd, env).filter((path) => stat(path) !== undefined);
    if (found.length === 0) {
      const where = file.includes("/") ? "" : ", and PATH names no directory with one";
      return failed(`there is no program ${short(file)}${where}: check its spelling`, "ENOENT");
    }
    if (!found.some((path) => stat(path)?.isDirectory() === false && mayExecute(path))) {
      return failed(`${found[0]} cannot be started: it is no program that may be executed`, "EACCES");
    }
  } catch (error) {
    cause ??= error; // a name that is too long, files that may not be looked at
  }
  if (cause === undefined) {
    const why =
      "its arguments are too long, there are too many processes or open files, or it is for another system";
    return failed(`${short(file)} cannot be started: ${why}`, "EUNKNOWN");
  }
  return failed(`${short(file)} cannot be started: ${short((cause as Error).message)}`, codeOf(cause));
}

/** Where a program of that name may be. */
function candidates(file: string, cwd: Attempt["cwd"], env: Attempt["env"]): string[] {
  const { resolve, delimiter } = get("path");
  const base = cwd instanceof URL ? get("url").fileURLToPath(cwd) : cwd ?? ".";
  if (file.includes("/")) return [resolve(base, file)];
  const path = (env ?? get("process").env).PATH ?? "";
  return path.split(delimiter).map((folder) => resolve(base, folder, file));
}

function mayExecute(path: string): boolean {
  const { accessSync, constants } = get("fs");
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // that is the answer
  }
}
