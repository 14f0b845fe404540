/** A module's sections, read as far as the instrumentation must know them. */
import { ByteReader } from "./bytes.ts";
import { type FunctionBody, readBody, readExpression } from "./code.ts";
import { readValueType } from "./opcodes.ts";

/** The numbers of the sections, in the order in which a module has them. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  dataCount: 12,
  code: 10,
  data: 11,
} as const;
export const sectionOrder: readonly number[] = Object.values(sectionId).slice(1);

/** `start` and `end` bound what is behind the section's size; a custom section's name is part of it. */
export interface Section {
  id: number;
  start: number;
  end: number;
  /** Of a custom section; and where its content begins. */
  name: string;
  content: number;
}

export interface FunctionType {
  params: number[];
  results: number[];
}

/** What the sections hold, where it matters here. Functions, globals and so on are counted with the imported ones. */
export interface WasmModule {
  bytes: Uint8Array;
  sections: Section[];
  types: FunctionType[];
  imported: { functions: number; tables: number; globals: number };
  /** As `module.name`. */
  importNames: string[];
  /** The type of each function. */
  functionTypes: number[];
  /** Tables that the host can put functions into. */
  sharedTables: Set<number>;
  /** Whether addresses have 64 bits, for each memory. */
  memories: { is64: boolean }[];
  globals: number;
  exports: { name: string; kind: number; index: number }[];
  elements: ElementSegment[];
  /** Functions that a global's first value refers to. */
  globalReferences: number[];
  /** Where functions are named outside of bodies, in the module's order. */
  references: Reference[];
  bodies: FunctionBody[];
}

/** A function's number, between these offsets of the module. */
export interface Reference {
  start: number;
  end: number;
  index: number;
}

/** `table` is undefined where the code may put the functions into any table. */
export interface ElementSegment {
  table: number | undefined;
  functions: number[];
}

export const externalKind = { function: 0, table: 1, memory: 2, global: 3 } as const;

export function readModule(bytes: Uint8Array): WasmModule {
  const module: WasmModule = {
    bytes,
    sections: readSections(bytes),
    types: [],
    imported: { functions: 0, tables: 0, globals: 0 },
    importNames: [],
    functionTypes: [],
    sharedTables: new Set(),
    memories: [],
    globals: 0,
    exports: [],
    elements: [],
    globalReferences: [],
    references: [],
    bodies: [],
  };
  for (const section of module.sections) {
    const read = readers[section.id];
    if (read === undefined) continue;
    const reader = sectionReader(module, section);
    read(reader, module);
    if (!reader.done) reader.fail("a section with bytes behind its end", reader.at);
  }
  for (const { kind, index } of module.exports) {
    if (kind === externalKind.table) module.sharedTables.add(index);
  }
  return module;
}

export function readSections(bytes: Uint8Array): Section[] {
  const reader = new ByteReader(bytes);
  const head = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (!head.every((byte, i) => bytes[i] === byte)) reader.fail("no WASM module of version 1", 0);
  reader.skip(head.length);
  const sections: Section[] = [];
  while (!reader.done) {
    const at = reader.at;
    const id = reader.u8();
    const part = reader.part(reader.u32());
    const start = part.at;
    if (id === 13) reader.fail("a section of tags (exception handling)", at);
    if (id !== sectionId.custom && !sectionOrder.includes(id)) reader.fail(`a section of the kind ${id}`, at);
    const name = id === sectionId.custom ? part.string() : "";
    sections.push({ id, start, end: part.end, name, content: part.at });
  }
  return sections;
}

export function sectionReader(module: { bytes: Uint8Array }, section: Section): ByteReader {
  return new ByteReader(module.bytes, section.start, section.end);
}

const readers: Partial<Record<number, (reader: ByteReader, module: WasmModule) => void>> = {
  [sectionId.type]: (reader, module) => {
    each(reader, (at) => {
      const form = reader.u8();
      if (form !== 0x60) reader.fail("a type that is no function's (garbage collection)", at);
      const params = list(reader, () => readValueType(reader));
      module.types.push({ params, results: list(reader, () => readValueType(reader)) });
    });
  },
  [sectionId.import]: (reader, module) => {
    each(reader, () => {
      module.importNames.push(`${reader.string()}.${reader.string()}`);
      readImport(reader, module);
    });
  },
  [sectionId.function]: (reader, module) => {
    each(reader, () => module.functionTypes.push(reader.u32()));
  },
  [sectionId.table]: (reader) => {
    each(reader, () => {
      readValueType(reader);
      readLimits(reader);
    });
  },
  [sectionId.memory]: (reader, module) => {
    each(reader, () => module.memories.push(readLimits(reader)));
  },
  [sectionId.global]: (reader, module) => {
    each(reader, () => {
      readValueType(reader);
      reader.skip(1);
      module.globalReferences.push(...readReferences(reader, module));
      module.globals++;
    });
  },
  [sectionId.export]: (reader, module) => {
    each(reader, () => {
      const name = reader.string();
      const kind = reader.u8();
      const index = kind === externalKind.function ? readReference(reader, module) : reader.u32();
      module.exports.push({ name, kind, index });
    });
  },
  [sectionId.start]: (reader, module) => {
    readReference(reader, module);
  },
  [sectionId.element]: (reader, module) => {
    each(reader, () => module.elements.push(readElements(reader, module)));
  },
  [sectionId.code]: (reader, module) => {
    each(reader, () => module.bodies.push(readBody(reader.part(reader.u32()))));
  },
};

function each(reader: ByteReader, read: (at: number) => void): void {
  for (let left = reader.u32(); left > 0; left--) read(reader.at);
}

function list<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  each(reader, () => items.push(read()));
  return items;
}

function readImport(reader: ByteReader, module: WasmModule): void {
  const at = reader.at;
  const kind = reader.u8();
  if (kind === externalKind.function) {
    module.functionTypes.push(reader.u32());
    module.imported.functions++;
  } else if (kind === externalKind.table) {
    readValueType(reader);
    readLimits(reader);
    module.sharedTables.add(module.imported.tables++);
  } else if (kind === externalKind.memory) module.memories.push(readLimits(reader));
  else if (kind === externalKind.global) {
    readValueType(reader);
    reader.skip(1);
    module.imported.globals++;
    module.globals++;
  } else reader.fail(`an import of the kind ${kind}`, at);
}

function readLimits(reader: ByteReader): { is64: boolean } {
  const at = reader.at;
  const flags = reader.u8();
  if (flags > 7) reader.fail(`limits of the kind ${flags}`, at);
  reader.skipLeb();
  if ((flags & 1) !== 0) reader.skipLeb();
  return { is64: (flags & 4) !== 0 };
}

/** The eight forms of a segment: bit 0 not active, bit 1 a table's number (or only declared), bit 2 expressions. */
function readElements(reader: ByteReader, module: WasmModule): ElementSegment {
  const at = reader.at;
  const form = reader.u32();
  if (form > 7) reader.fail(`a segment of functions of the kind ${form}`, at);
  const active = (form & 1) === 0;
  let table: number | undefined;
  if (active) {
    table = (form & 2) === 0 ? 0 : reader.u32();
    readExpression(reader);
  }
  // The kind of what follows; left out where the form has a meaning by itself.
  if ((form & 3) !== 0) reader.skip(1);
  const functions: number[] = [];
  each(reader, () => {
    if ((form & 4) === 0) functions.push(readReference(reader, module));
    else functions.push(...readReferences(reader, module));
  });
  return { table, functions };
}

function readReference(reader: ByteReader, module: WasmModule): number {
  const start = reader.at;
  const index = reader.u32();
  module.references.push({ start, end: reader.at, index });
  return index;
}

/** Reads a constant expression, and gives the functions that it refers to. */
function readReferences(reader: ByteReader, module: WasmModule): number[] {
  const found: Reference[] = readExpression(reader).flatMap((step) =>
    step.kind === "refFunc" ? [{ start: step.start + 1, end: step.end, index: step.target }] : []
  );
  module.references.push(...found);
  return found.map(({ index }) => index);
}

/** The name of a function for people: from the name section, else from the exports. */
export function functionName(module: WasmModule, names: Map<number, string>, index: number): string {
  return names.get(index) ??
    module.exports.find((entry) => entry.kind === externalKind.function && entry.index === index)?.name ??
    `function ${index}`;
}
