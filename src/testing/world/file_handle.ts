/** Open files, and what system calls do with them. */
import { probe, show } from "../../core/mod.ts";
import { type Bytes, bytesOf, joined, piecesOf } from "./content.ts";
import type { Disk, FileNode, FolderNode, Node } from "./disk.ts";
import type { Dice } from "./faults.ts";
import { abortError, type Doing, fileError } from "./file_errors.ts";
import type {
  FileData,
  FileEncoding,
  ReadFileOptions,
  SimulatedFileHandle,
  SimulatedStats,
  WriteFileOptions,
} from "./file_types.ts";
import { type Script, script, wait } from "./script.ts";
import type { SimulatedPromise } from "./simulated_promise.ts";

/** What a handle needs of its file system. */
export interface Files {
  readonly disk: Disk;
  readonly dice: Dice;
  /** How probable a write is that finds the disk full, and a read or write that does less than it was asked to. */
  readonly full: number;
  readonly short: number;
  /** One system call: it takes its time, may fail, and has its effect at once at the end. */
  call<T>(doing: Doing, effect: () => T, sure?: boolean): SimulatedPromise<T>;
  closed(handle: OpenFile): void;
}

/** What a flag of `open` allows. */
export interface Mode {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly create: boolean;
  readonly truncate: boolean;
  readonly exclusive: boolean;
}

/** @throws `TypeError` for what is no flag. */
export function modeOf(flag: string): Mode {
  const match = /^([rwa])s?(x?)(\+?)$/.exec(flag);
  const letter = match?.[1], exclusive = match?.[2] === "x", plus = match?.[3] === "+";
  if (letter === undefined || (letter === "r" && exclusive)) {
    throw new TypeError(
      `open's flag must be one of r, r+, w, wx, w+, wx+, a, ax, a+, ax+, not ${show(flag)}`,
    );
  }
  return {
    read: letter === "r" || plus,
    write: letter !== "r" || plus,
    append: letter === "a",
    create: letter !== "r",
    truncate: letter === "w",
    exclusive,
  };
}

/** Bytes as text, where an encoding is given. */
export function decoded(bytes: Bytes, encoding: string | null | undefined): Bytes | string {
  if (encoding === null || encoding === undefined) return bytes;
  if (encoding === "latin1") return [...bytes].map((byte) => String.fromCharCode(byte)).join("");
  if (encoding === "utf8" || encoding === "utf-8") {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }
  throw new TypeError(`a simulated file has the encodings utf8 and latin1, not ${show(encoding)}`);
}

/** What is to be written, as bytes. */
export function encoded(data: FileData, encoding: string | null | undefined): Bytes {
  if (typeof data === "string" && encoding === "latin1") {
    return Uint8Array.from(data, (character) => character.charCodeAt(0));
  }
  if (typeof data === "string" || ArrayBuffer.isView(data)) return bytesOf(data, "a file");
  return joined(piecesOf(data, "a file").pieces);
}

/** Options of which the encoding alone may be given. */
export function optionsOf<T extends { readonly encoding?: unknown }>(
  options: string | T | null | undefined,
): T {
  return typeof options === "string" ? { encoding: options } as unknown as T : options ?? ({} as T);
}

/** What `stat` gives of a node. */
export function statsOf(node: Node): SimulatedStats {
  const { mode, ino, mtimeMs, birthtimeMs } = node;
  const isFile = node.kind === "file";
  return {
    size: isFile ? node.content.length : node.entries.size,
    mode: mode | (isFile ? 0o100000 : 0o040000),
    ino,
    nlink: 1,
    mtimeMs,
    birthtimeMs,
    mtime: new Date(mtimeMs),
    birthtime: new Date(birthtimeMs),
    isFile: () => isFile,
    isDirectory: () => !isFile,
    isSymbolicLink: () => false,
  };
}

/** See the top of the file. */
export class OpenFile implements SimulatedFileHandle {
  readonly fd: number;
  readonly path: string;
  private readonly files: Files;
  private readonly node: FileNode | FolderNode;
  private readonly mode: Mode;
  private position = 0;
  private open = true;

  constructor(files: Files, fd: number, path: string, node: Node, mode: Mode) {
    this.files = files;
    this.fd = fd;
    this.path = path;
    this.node = node;
    this.mode = mode;
    files.disk.hold(node);
    if (probe !== null) {
      probe.born(this);
      probe.made(() => this.open ? `an open file, ${path}` : undefined);
    }
  }

  private call<T>(syscall: string, effect: (doing: Doing) => T): SimulatedPromise<T> {
    const doing = { syscall };
    return this.files.call(doing, () => {
      this.need(this.open, doing);
      return effect(doing);
    });
  }

  private need(fits: boolean, doing: Doing): void {
    if (!fits) throw fileError("EBADF", doing);
  }

  private file(doing: Doing): FileNode {
    if (this.node.kind === "folder") throw fileError("EISDIR", doing);
    return this.node;
  }

  /** Fewer than `n`, if chance has it. */
  private some(n: number): number {
    return n > 1 && this.files.dice.chance(this.files.short) ? 1 + this.files.dice.below(n - 1) : n;
  }

  read<T extends Uint8Array>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffer: T }> {
    const into = part(buffer, offset, length);
    return this.call("read", (doing) => {
      this.need(this.mode.read, doing);
      const { content } = this.file(doing);
      const from = position ?? this.position;
      const bytesRead = this.some(Math.max(0, Math.min(into.length, content.length - from)));
      into.set(content.subarray(from, from + bytesRead));
      if (typeof position !== "number") this.position += bytesRead;
      return { bytesRead, buffer };
    });
  }

  write<T extends Uint8Array>(
    buffer: T,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: T }>;
  write(text: string, position?: number | null): Promise<{ bytesWritten: number; buffer: string }>;
  write(
    data: Uint8Array | string,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: never }> {
    const isText = typeof data === "string";
    const bytes = isText ? encoded(data, "utf8") : part(data, offset, length);
    return this.put(bytes, isText ? offset : position, true).then((bytesWritten) => ({
      bytesWritten,
      buffer: data as never,
    }));
  }

  /** One system call that writes some of `bytes`. */
  private put(bytes: Uint8Array, position: number | null | undefined, mayBeShort: boolean): Promise<number> {
    return this.call("write", (doing) => {
      this.need(this.mode.write, doing);
      const { disk, dice, full } = this.files;
      const file = this.file(doing);
      const isPlaced = typeof position === "number" && !this.mode.append;
      const at = this.mode.append ? file.content.length : isPlaced ? position : this.position;
      const breaks = bytes.length > 0 && dice.chance(full);
      const wanted = breaks ? dice.below(bytes.length) : mayBeShort ? this.some(bytes.length) : bytes.length;
      const n = wanted === 0 ? 0 : disk.write(file, bytes.slice(0, wanted) as Bytes, at, doing);
      if (!isPlaced) this.position = at + n;
      if (breaks) throw fileError("ENOSPC", doing);
      return n;
    });
  }

  readFile(options?: { encoding?: null; signal?: AbortSignal } | null): Promise<Bytes>;
  readFile(options: FileEncoding | { encoding: FileEncoding; signal?: AbortSignal }): Promise<string>;
  readFile(options?: FileEncoding | ReadFileOptions | null): Promise<never> {
    return script(() => this.reading(optionsOf(options))) as Promise<unknown> as Promise<never>;
  }

  /** As several steps, so that what happens in between is seen. */
  *reading({ encoding, signal }: ReadFileOptions): Script<Bytes | string> {
    const all: Bytes[] = [];
    for (;;) {
      if (signal?.aborted === true) throw abortError(signal);
      const size = this.node.kind === "file" ? this.node.content.length - this.position : 1;
      const { bytesRead, buffer } = yield* wait(this.read(new Uint8Array(Math.max(1, size))));
      if (bytesRead === 0) break;
      all.push(buffer.subarray(0, bytesRead));
    }
    return decoded(joined(all), encoding);
  }

  writeFile(data: FileData, options?: FileEncoding | WriteFileOptions | null): Promise<void> {
    return script(() => this.writing(data, optionsOf<WriteFileOptions>(options)));
  }

  appendFile(data: FileData, options?: FileEncoding | WriteFileOptions | null): Promise<void> {
    return this.writeFile(data, options);
  }

  /** As several steps: it may end in the middle. */
  *writing(data: FileData, { encoding, signal, flush }: WriteFileOptions): Script<void> {
    let left: Uint8Array = encoded(data, encoding);
    while (left.length > 0) {
      if (signal?.aborted === true) throw abortError(signal);
      left = left.subarray(yield* wait(this.put(left, null, false)));
    }
    if (flush === true) yield* wait(this.sync());
  }

  truncate(size: number = 0): Promise<void> {
    return this.call("ftruncate", (doing) => {
      if (!this.mode.write) throw fileError("EINVAL", doing);
      this.files.disk.truncate(this.file(doing), Math.max(0, size), doing);
    });
  }

  sync(): Promise<void> {
    return this.call("fsync", () => this.files.disk.sync(this.node));
  }

  datasync(): Promise<void> {
    return this.call("fdatasync", () => this.files.disk.sync(this.node));
  }

  stat(): Promise<SimulatedStats> {
    return this.call("fstat", () => statsOf(this.node));
  }

  /** It never fails for chance: a handle that cannot be closed would leak whatever one does. */
  close(): Promise<void> {
    const doing = { syscall: "close" };
    return this.files.call(doing, () => {
      this.need(this.open, doing);
      this.drop();
      this.files.disk.letGo(this.node);
    }, true);
  }

  /** The program that had it is no more. */
  drop(): void {
    this.open = false;
    this.files.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A part of a buffer. */
function part(buffer: Uint8Array, offset?: number | null, length?: number | null): Uint8Array {
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength); // also of a Buffer, in bytes
  const from = offset ?? 0, n = length ?? bytes.length - from;
  if (!(from >= 0 && n >= 0 && from + n <= bytes.length)) {
    throw new RangeError(`offset ${from} and length ${n} do not fit a buffer of ${bytes.length} bytes`);
  }
  return bytes.subarray(from, from + n);
}
