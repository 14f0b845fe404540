/** The sections of an instrumented module: those that were there, with what the pass adds at the end of each. */
import { ByteWriter, WasmFormatError } from "./bytes.ts";
import type { Added } from "./checks.ts";
import {
  externalKind,
  type FunctionType,
  type Section,
  sectionId,
  sectionOrder,
  sectionReader,
  type WasmModule,
} from "./module.ts";
import { moveNames } from "./names.ts";
import { op, valueType } from "./opcodes.ts";
import { copyBody, fillBody, pieceParams } from "./pieces.ts";
import type { FunctionPlan, Mode, Tuning } from "./plan.ts";
import { type BranchHint, rewriteBody } from "./rewrite.ts";

/** The exported globals of mode "kill". */
export const exportName = { flag: "__flag", run: "__run" } as const;
/** The imported function of mode "slice". */
export const checkImport = ["tendril", "check"] as const;
/** The memory that a module gets which has none but needs a flag. */
const memoryImport = ["env", "memory"] as const;
const largestMemory = 65_536;

export function writeInstrumented(
  module: WasmModule,
  plans: FunctionPlan[],
  mode: Mode,
  tuning: Tuning,
): Uint8Array<ArrayBuffer> {
  return new Additions(module, plans, mode, tuning).writeModule();
}

class Additions {
  readonly #module: WasmModule;
  readonly #plans: FunctionPlan[];
  readonly #added: Added;
  /** What comes behind the entries that a section has. */
  readonly #entries = new Map<number, Uint8Array[]>();
  readonly #types: FunctionType[];
  readonly #names = new Map<number, string>();
  /** By function. */
  readonly #hints = new Map<number, BranchHint[]>();
  #functions: number;
  #globals: number;

  constructor(module: WasmModule, plans: FunctionPlan[], mode: Mode, tuning: Tuning) {
    this.#module = module;
    this.#plans = plans;
    this.#types = [...module.types];
    this.#functions = module.functionTypes.length;
    this.#globals = module.globals;
    const { functions: imported } = module.imported;
    const shift = mode === "slice" ? 1 : 0;
    this.#added = {
      mode,
      tuning,
      moved: (index) => index < imported ? index : index + shift,
      typeIndex: (params, results) => this.#typeIndex(params, results),
      budget: this.#addGlobal(tuning.strip),
      flag: -1,
      run: -1,
      check: -1,
      fill: -1,
      copy: -1,
    };
    if (mode === "slice") this.#added.check = this.#importCheck();
    else {
      this.#added.flag = this.#addGlobal(0, exportName.flag);
      // Until the host sets both, the flag is what lies at address 0: mostly 0, which must not end a run.
      this.#added.run = this.#addGlobal(-1, exportName.run);
      this.#makeSureOfMemory();
    }
    for (const kind of ["fill", "copy"] as const) {
      if (plans.some(({ pieces }) => [...pieces.values()].includes(kind))) this.#addPieces(kind);
    }
  }

  writeModule(): Uint8Array<ArrayBuffer> {
    const { bytes, sections } = this.#module;
    // First the code: it may ask for types.
    const code = this.#writeCode();
    const out = new ByteWriter(bytes.length + (bytes.length >> 2));
    out.bytes(bytes.subarray(0, 8));
    const missing = sectionOrder.filter((id) => !sections.some((section) => section.id === id));
    const writeMissing = (before: number): void => {
      while (missing.length > 0 && sectionOrder.indexOf(missing[0]) < before) {
        this.#writeNew(missing.shift() as number, out);
      }
    };
    for (const section of sections) {
      if (section.id === sectionId.custom) {
        this.#writeCustom(section, out);
        continue;
      }
      writeMissing(sectionOrder.indexOf(section.id));
      if (section.id === sectionId.code) this.#writeHints(out);
      out.u8(section.id).sized(section.id === sectionId.code ? code : this.#writeSection(section));
    }
    writeMissing(sectionOrder.length);
    return out.written.slice();
  }

  #writeCode(): Uint8Array {
    const { bytes, bodies } = this.#module;
    const helpers = this.#entries.get(sectionId.code) ?? [];
    const out = new ByteWriter(bytes.length).u32(bodies.length + helpers.length);
    bodies.forEach((body, index) => {
      const plan = this.#plans[index];
      const isUntouched = this.#added.mode === "kill" && plan.loops.size === 0 && plan.pieces.size === 0 &&
        plan.entry === undefined;
      if (isUntouched) {
        out.sized(bytes.subarray(body.start, body.end));
        return;
      }
      const { code, hints } = rewriteBody(this.#module, index, plan, this.#added);
      out.sized(code);
      if (hints.length > 0) {
        this.#hints.set(this.#added.moved(this.#module.imported.functions + index), hints);
      }
    });
    for (const helper of helpers) out.bytes(helper);
    return out.written;
  }

  /** A section as it was, with functions renumbered, and behind it what is added. */
  #writeSection(section: Section): Uint8Array {
    const { bytes, references } = this.#module;
    const reader = sectionReader(this.#module, section);
    const out = new ByteWriter(section.end - section.start + 64);
    const entries = this.#entries.get(section.id);
    if (entries !== undefined) out.u32(reader.u32() + entries.length);
    let copied = reader.at;
    for (const { start, end, index } of references) {
      if (start < section.start || start >= section.end) continue;
      out.bytes(bytes.subarray(copied, start)).u32(this.#added.moved(index));
      copied = end;
    }
    out.bytes(bytes.subarray(copied, section.end));
    for (const entry of entries ?? []) out.bytes(entry);
    return out.written;
  }

  #writeNew(id: number, out: ByteWriter): void {
    const entries = this.#entries.get(id);
    if (entries === undefined) return;
    const content = new ByteWriter().u32(entries.length);
    for (const entry of entries) content.bytes(entry);
    out.u8(id).sized(content.written);
  }

  #writeCustom(section: Section, out: ByteWriter): void {
    // What is said of single instructions, by their offsets: nothing is where it was.
    if (section.name.startsWith("metadata.code.")) return;
    const content = section.name === "name"
      ? moveNames(this.#module, section, this.#added.moved, this.#names)
      : this.#module.bytes.subarray(section.content, section.end);
    out.u8(sectionId.custom).sized(
      new ByteWriter(content.length + 16).string(section.name).bytes(content).written,
    );
  }

  /**
   * The standard's section of branch hints. V8 takes what is unlikely out of the way of its register allocation: without
   * it the calls of mode "slice" cost a loop up to a third, though they are hardly ever made.
   */
  #writeHints(out: ByteWriter): void {
    if (this.#hints.size === 0) return;
    const content = new ByteWriter().string("metadata.code.branch_hint").u32(this.#hints.size);
    for (const [index, hints] of this.#hints) {
      content.u32(index).u32(hints.length);
      for (const { offset, isLikely } of hints) content.u32(offset).u32(1).u8(isLikely ? 1 : 0);
    }
    out.u8(sectionId.custom).sized(content.written);
  }

  #add(id: number, entry: ByteWriter): void {
    const entries = this.#entries.get(id) ?? [];
    entries.push(entry.written);
    this.#entries.set(id, entries);
  }

  #typeIndex(params: number[], results: number[]): number {
    const key = `${params}:${results}`;
    const found = this.#types.findIndex((type) => `${type.params}:${type.results}` === key);
    if (found >= 0) return found;
    const entry = new ByteWriter().u8(0x60).sized(Uint8Array.from(params)).sized(Uint8Array.from(results));
    this.#add(sectionId.type, entry);
    return this.#types.push({ params, results }) - 1;
  }

  #addGlobal(value: number, name?: string): number {
    const index = this.#globals++;
    this.#add(sectionId.global, new ByteWriter().u8(valueType.i32, 1, op.i32Const).s33(value).u8(op.end));
    if (name !== undefined) {
      this.#add(sectionId.export, new ByteWriter().string(name).u8(externalKind.global).u32(index));
    }
    return index;
  }

  /** The last of the imported functions: those before it keep their numbers. */
  #importCheck(): number {
    const [module, name] = checkImport;
    const entry = new ByteWriter().string(module).string(name).u8(externalKind.function);
    this.#add(sectionId.import, entry.u32(this.#typeIndex([], [])));
    this.#functions++;
    const index = this.#module.imported.functions;
    this.#names.set(index, checkImport.join("."));
    return index;
  }

  #makeSureOfMemory(): void {
    const { memories } = this.#module;
    const isNeeded = this.#plans.some(({ loops, entry }) => loops.size > 0 || entry !== undefined);
    if (isNeeded && memories[0]?.is64) {
      throw new WasmFormatError(
        'cannot instrument the WASM module: mode "kill" needs a memory whose addresses have 32 bits, and this one has ' +
          "64; compile it without memory64",
      );
    }
    if (!isNeeded || memories.length > 0) return;
    const [module, name] = memoryImport;
    const entry = new ByteWriter().string(module).string(name).u8(externalKind.memory);
    // Shared, with a minimum and a maximum that fit every memory.
    this.#add(sectionId.import, entry.u8(3).u32(0).u32(largestMemory));
  }

  #addPieces(kind: "fill" | "copy"): void {
    const index = this.#functions++;
    this.#added[kind] = index;
    this.#names.set(index, `memory.${kind} in pieces`);
    this.#add(sectionId.function, new ByteWriter().u32(this.#typeIndex(pieceParams, [])));
    const body = kind === "fill" ? fillBody(this.#added) : copyBody(this.#added);
    this.#add(sectionId.code, new ByteWriter(body.length + 2).sized(body));
  }
}
