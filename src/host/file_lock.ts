/**
 * Locks on files that the kernel gives back when their holder dies: those that SQLite puts on a database when a transaction
 * begins to write (`fcntl` on POSIX, `LockFileEx` on Windows). All three runtimes have SQLite and none has `flock`; the
 * locks of all three are the same bytes of the file, so programs on different runtimes exclude each other.
 *
 * Nothing is written: the file stays empty.
 */
import { builtin } from "./modules.ts";

interface Database {
  exec(sql: string): unknown;
  close(): void;
}
type DatabaseClass = new (path: string) => Database;

const BUSY = 5, CANNOT_OPEN = 14, NO_DATABASE = 26;

/** Those that are held. A database that nobody refers to is collected, and its lock is gone. */
const held = new Set<FileLock>();

/** A lock on a file; taken once at a time. */
export class FileLock {
  readonly path: string;
  #database: Database | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Takes it, unless somebody has it. @throws `Error` where the file cannot be used. */
  tryLock(): boolean {
    try {
      // It stays open while somebody tries again.
      this.#database ??= new (databaseClass())(this.path);
      this.#database.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (isBusy(error)) return false;
      this.unlock();
      throw problem(this.path, error);
    }
    held.add(this);
    return true;
  }

  /** Gives it back, if it is held, and closes the file. */
  unlock(): void {
    held.delete(this);
    this.#database?.close();
    this.#database = null;
  }
}

function databaseClass(): DatabaseClass {
  const own = "Bun" in globalThis
    ? (builtin("bun:sqlite") as { Database?: DatabaseClass } | undefined)?.Database
    : (builtin("sqlite") as { DatabaseSync?: DatabaseClass } | undefined)?.DatabaseSync;
  if (own === undefined) {
    throw new Error("locks on files need the runtime's SQLite: Deno 2.2, Bun, Node 22.13, or later");
  }
  return own;
}

/** Deno gives no number, only the message of SQLite. */
function isBusy(error: unknown): boolean {
  return numberOf(error) === BUSY || (error as Error).message === "database is locked";
}

function numberOf(error: unknown): unknown {
  const { errcode, errno } = error as { errcode?: unknown; errno?: unknown };
  return errcode ?? errno;
}

function problem(path: string, cause: unknown): unknown {
  const { message } = cause as Error;
  if (numberOf(cause) === NO_DATABASE || message === "file is not a database") {
    return new Error(`${path} holds something else: a lock needs a file of its own`, { cause });
  }
  if (numberOf(cause) === CANNOT_OPEN || message.startsWith("unable to open")) {
    return new Error(
      `${path} cannot be used as a lock: its directory must exist, and the file be writable`,
      { cause },
    );
  }
  return cause;
}
