/** Signatures of simulated files: those of `node:fs/promises`, as far as they are there. */
import type { Faults } from "./faults.ts";
import type { Bytes } from "./content.ts";

/** Options of `simulatedFs`: what can go wrong, each with a probability from 0 to 1 and default 0. */
export interface SimulatedFsOptions extends Faults {
  /** An operation fails with `EIO`. */
  failure?: number;
  /** A write finds the disk full in the middle: a part is written, and it fails with `ENOSPC`. */
  full?: number;
  /** `read` and `write` of a handle do less than they were asked to. */
  short?: number;
  /** Bytes that there is room for, in all files together. Default: no limit. */
  capacity?: number;
  /** Files that can be open at once; beyond that it is `EMFILE`. Default 1,024. */
  handles?: number;
  /** What is there at the beginning: paths and contents. */
  files?: { readonly [path: string]: string | Uint8Array };
}

/** A path as text, or a `file:` URL. */
export type FilePath = string | URL;
/** Text encodings that there are. */
export type FileEncoding = "utf8" | "utf-8" | "latin1";
/** What can be written. */
export type FileData = string | Uint8Array | DataView | Iterable<string | Uint8Array>;

/** Options of reading. */
export interface ReadFileOptions {
  readonly encoding?: FileEncoding | null;
  readonly flag?: string;
  readonly signal?: AbortSignal;
}

/** Options of writing. */
export interface WriteFileOptions {
  readonly encoding?: FileEncoding | null;
  readonly mode?: number;
  /** Default `w`; `a` for `appendFile`. */
  readonly flag?: string;
  /** Sync the file before it is closed. */
  readonly flush?: boolean;
  readonly signal?: AbortSignal;
}

/** What `stat` gives. */
export interface SimulatedStats {
  readonly size: number;
  readonly mode: number;
  readonly ino: number;
  readonly nlink: number;
  readonly mtimeMs: number;
  readonly birthtimeMs: number;
  readonly mtime: Date;
  readonly birthtime: Date;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** What `readdir` gives where it is asked for types. */
export interface SimulatedDirent {
  readonly name: string;
  readonly parentPath: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** An open file; close it, or it is a leak. */
export interface SimulatedFileHandle extends AsyncDisposable {
  readonly fd: number;
  /** Reads into `buffer`, at `position` or where the last read has ended. 0 bytes: the end of the file. */
  read<T extends Uint8Array>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffer: T }>;
  /** Writes a part of `buffer`, and says how much that was. */
  write<T extends Uint8Array>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: T }>;
  write(text: string, position?: number | null): Promise<{ bytesWritten: number; buffer: string }>;
  /** From where the last read has ended to the end. */
  readFile(options?: { encoding?: null; signal?: AbortSignal } | null): Promise<Bytes>;
  readFile(
    options: FileEncoding | { encoding: FileEncoding; signal?: AbortSignal },
  ): Promise<string>;
  writeFile(data: FileData, options?: FileEncoding | WriteFileOptions | null): Promise<void>;
  appendFile(data: FileData, options?: FileEncoding | WriteFileOptions | null): Promise<void>;
  truncate(size?: number): Promise<void>;
  /** From here on what was written outlives a crash. */
  sync(): Promise<void>;
  datasync(): Promise<void>;
  stat(): Promise<SimulatedStats>;
  close(): Promise<void>;
}
