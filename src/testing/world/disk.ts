/**
 * Folders and files in memory, and what of them outlives a crash.
 *
 * Everything is there twice: as programs see it, and as it stands on the disk. In between are the changes that were not
 * synced: of a file its writes, of all folders together one journal of names, as in ext4 and its like. A sync writes the
 * file and the whole journal. A crash leaves of each a beginning: so a name may be there whose bytes never came, but no
 * later change without the earlier ones.
 *
 *     write ──▶ content ─ ─ pending ─ ─▶ durable          rename ──▶ entries ─ ─ journal ─ ─▶ durable
 */
import type { Bytes } from "./content.ts";
import type { Dice } from "./faults.ts";
import { type Doing, fileError } from "./file_errors.ts";

/** A change of a file that is not on the disk yet. */
type Change = { readonly at: number; readonly bytes: Bytes } | { readonly size: number };

/** What files and folders have. */
interface Common {
  readonly ino: number;
  mode: number;
  mtimeMs: number;
  readonly birthtimeMs: number;
  /** Names and handles that hold it. */
  holders: number;
}

/** See the top of the file. */
export interface FileNode extends Common {
  readonly kind: "file";
  content: Bytes;
  durable: Bytes;
  pending: Change[];
}

/** See the top of the file. */
export interface FolderNode extends Common {
  readonly kind: "folder";
  entries: Map<string, Node>;
  durable: Map<string, Node>;
}

export type Node = FileNode | FolderNode;

/** Names that change together; null takes one away. */
type Entry = readonly { readonly folder: FolderNode; readonly name: string; readonly node: Node | null }[];

/** A place for a name. */
export interface Place {
  readonly folder: FolderNode;
  /** Empty for the root. */
  readonly name: string;
  readonly node: Node | undefined;
}

const NOTHING: Bytes = new Uint8Array(0);

/** A path without `.`, `..` and double slashes, from the root. */
export function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** See the top of the file. Its methods act at once. */
export class Disk {
  readonly root: FolderNode;
  private readonly capacity: number;
  private readonly now: () => number;
  private journal: Entry[] = [];
  private used = 0;
  private inodes = 0;

  /** @param capacity bytes that all files together have room for. */
  constructor(capacity: number, now: () => number) {
    this.capacity = capacity;
    this.now = now;
    this.root = this.folder(0o755);
    this.root.holders = 1;
  }

  private common(mode: number): Common {
    const now = this.now();
    return { ino: ++this.inodes, mode, mtimeMs: now, birthtimeMs: now, holders: 0 };
  }

  file(mode: number): FileNode {
    return { ...this.common(mode), kind: "file", content: NOTHING, durable: NOTHING, pending: [] };
  }

  folder(mode: number): FolderNode {
    return { ...this.common(mode), kind: "folder", entries: new Map(), durable: new Map() };
  }

  // ---- names

  /** Where `path` leads; its last part need not be there. */
  place(path: string, doing: Doing): Place {
    const parts = normal(path).slice(1).split("/").filter((part) => part !== "");
    const name = parts.pop() ?? "";
    let folder = this.root;
    for (const part of parts) {
      const next = folder.entries.get(part);
      if (next === undefined) throw fileError("ENOENT", doing);
      if (next.kind !== "folder") throw fileError("ENOTDIR", doing);
      folder = next;
    }
    return { folder, name, node: name === "" ? this.root : folder.entries.get(name) };
  }

  node(path: string, doing: Doing): Node {
    const { node } = this.place(path, doing);
    if (node === undefined) throw fileError("ENOENT", doing);
    return node;
  }

  /** Changes names, all of them or none, also in a crash. */
  change(entry: Entry): void {
    for (const { folder, name, node } of entry) {
      const before = folder.entries.get(name);
      if (node !== null) {
        node.holders++;
        folder.entries.set(name, node);
      } else folder.entries.delete(name);
      folder.mtimeMs = this.now();
      if (before !== undefined) this.letGo(before);
    }
    this.journal.push(entry);
  }

  hold(node: Node): void {
    node.holders++;
  }

  /** Nobody holds it any more: its room is free. */
  letGo(node: Node): void {
    if (--node.holders === 0 && node.kind === "file") this.used -= node.content.length;
  }

  // ---- bytes

  /** Writes as much as there is room for and gives how much that was. */
  write(file: FileNode, bytes: Bytes, at: number, doing: Doing): number {
    const grows = Math.max(0, at + bytes.length - file.content.length);
    const room = this.capacity - this.used;
    const n = grows <= room ? bytes.length : Math.max(0, bytes.length - (grows - room));
    if (n === 0 && bytes.length > 0) throw fileError("ENOSPC", doing);
    this.apply(file, { at, bytes: bytes.slice(0, n) });
    return n;
  }

  truncate(file: FileNode, size: number, doing: Doing): void {
    if (size - file.content.length > this.capacity - this.used) throw fileError("ENOSPC", doing);
    this.apply(file, { size });
  }

  private apply(file: FileNode, change: Change): void {
    const before = file.content.length;
    file.content = changed(file.content, change);
    file.pending.push(change);
    file.mtimeMs = this.now();
    this.used += file.content.length - before;
  }

  // ---- what lasts

  /** Writes a node, and all names, to the disk. */
  sync(node: Node): void {
    for (const entry of this.journal) commit(entry);
    this.journal = [];
    if (node.kind === "folder") return;
    node.durable = node.content;
    node.pending = [];
  }

  syncAll(): void {
    this.sync(this.root);
    for (const node of this.everything()) this.sync(node);
  }

  /** What is left after a crash: `keep` says how much of what was not synced. */
  crash(keep: "nothing" | "some" | "everything", dice: Dice): void {
    const kept = (n: number): number =>
      keep === "nothing" ? 0 : keep === "everything" ? n : dice.below(n + 1);
    for (const entry of this.journal.slice(0, kept(this.journal.length))) commit(entry);
    this.journal = [];
    this.used = 0;
    const visit = (folder: FolderNode): void => {
      folder.entries = new Map(folder.durable);
      for (const node of folder.entries.values()) {
        node.holders = 1;
        if (node.kind === "folder") visit(node);
        else this.used += this.tear(node, kept(node.pending.length), keep === "some" ? dice : null);
      }
    };
    visit(this.root);
  }

  /** Of the changes that were not synced, a beginning is left; the last of them may be there in part. */
  private tear(file: FileNode, n: number, dice: Dice | null): number {
    let content = file.durable;
    for (const change of file.pending.slice(0, n)) content = changed(content, change);
    const torn = file.pending[n];
    if (dice !== null && torn !== undefined && "bytes" in torn) {
      content = changed(content, { at: torn.at, bytes: torn.bytes.slice(0, dice.below(torn.bytes.length)) });
    }
    file.content = file.durable = content;
    file.pending = [];
    return content.length;
  }

  private *everything(folder: FolderNode = this.root): Generator<Node> {
    for (const node of folder.entries.values()) {
      yield node;
      if (node.kind === "folder") yield* this.everything(node);
    }
  }
}

function commit(entry: Entry): void {
  for (const { folder, name, node } of entry) {
    if (node === null) folder.durable.delete(name);
    else folder.durable.set(name, node);
  }
}

function changed(content: Bytes, change: Change): Bytes {
  if ("size" in change) {
    const result = new Uint8Array(change.size);
    result.set(content.subarray(0, change.size));
    return result;
  }
  const { at, bytes } = change;
  const result = new Uint8Array(Math.max(content.length, bytes.length === 0 ? 0 : at + bytes.length));
  result.set(content);
  result.set(bytes, Math.min(at, result.length));
  return result;
}
