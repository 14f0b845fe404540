/**
 * Random modules, written instruction by instruction, for what AssemblyScript never emits: loops with parameters and
 * results, branches that carry values, tables that branch to several loops, code behind a branch, tail calls.
 *
 * A module is made from a tape of numbers, each of which is one choice; behind the tape's end all choices are 0, the
 * simplest one. So it ends, and fast-check makes a failing module small. Every loop and every entry takes from a global
 * `fuel`, and leaves the function when there is none left.
 */
import { ByteWriter } from "../../src/kernels/instrument/bytes.ts";
import { atomic, bulk, emptyBlock, op, valueType } from "../../src/kernels/instrument/opcodes.ts";

const { i32, i64, f64 } = valueType;
const types = [i32, i64, f64];
const fuelGlobal = 0;
const mostCounters = 2;

export interface Signature {
  params: number[];
  results: number[];
}

/** Reads choices. */
class Tape {
  readonly #choices: readonly number[];
  #at = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  get done(): boolean {
    return this.#at >= this.#choices.length;
  }

  below(count: number): number {
    return (this.#choices[this.#at++] ?? 0) % count;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  types(most: number): number[] {
    return Array.from({ length: this.below(most + 1) }, () => this.pick(types));
  }
}

export interface RandomModule {
  bytes: Uint8Array;
  functions: Signature[];
}

/** Exports its functions as `f0`, `f1`, … and the global `fuel`; imports `env.memory`. */
export function randomModule(choices: readonly number[]): RandomModule {
  const tape = new Tape(choices);
  const functions = Array.from({ length: 1 + tape.below(4) }, () => ({
    params: tape.types(2),
    results: tape.types(2),
  }));
  const signatures: Signature[] = [...functions];
  const typeOf = (params: number[], results: number[]): number => {
    const same = (s: Signature) => `${s.params}:${s.results}` === `${params}:${results}`;
    const found = signatures.findIndex(same);
    return found >= 0 ? found : signatures.push({ params, results }) - 1;
  };
  const bodies = functions.map((signature) => new Body(tape, functions, signature, typeOf).write());

  const out = new ByteWriter(1024).u8(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const section = (id: number, entries: ((entry: ByteWriter) => void)[]): void => {
    const content = new ByteWriter().u32(entries.length);
    for (const write of entries) write(content);
    out.u8(id).sized(content.written);
  };
  section(
    1,
    signatures.map(({ params, results }) => (entry) =>
      entry.u8(0x60).sized(Uint8Array.from(params)).sized(Uint8Array.from(results))
    ),
  );
  section(2, [(entry) => entry.string("env").string("memory").u8(2, 3).u32(1).u32(16384)]);
  section(3, functions.map((_, i) => (entry) => entry.u32(i)));
  section(4, [(entry) => entry.u8(valueType.funcref, 0).u32(functions.length)]);
  section(6, [(entry) => entry.u8(i32, 1, op.i32Const, 0, op.end)]);
  section(7, [
    (entry) => entry.string("fuel").u8(3).u32(fuelGlobal),
    ...functions.map((_, i) => (entry: ByteWriter) => entry.string(`f${i}`).u8(0).u32(i)),
  ]);
  section(9, [(entry) => {
    entry.u32(0).u8(op.i32Const, 0, op.end).u32(functions.length);
    functions.forEach((_, i) => entry.u32(i));
  }]);
  section(10, bodies.map((body) => (entry) => entry.sized(body)));
  return { bytes: out.written, functions };
}

interface Label {
  /** What a branch to it carries. */
  types: number[];
  isLoop: boolean;
}

class Body {
  readonly #out = new ByteWriter(256);
  readonly #tape: Tape;
  readonly #functions: readonly Signature[];
  readonly #signature: Signature;
  readonly #typeOf: (params: number[], results: number[]) => number;
  readonly #locals: number[];
  readonly #labels: Label[] = [];
  /** Counted loops that are open; each has two locals, behind those that anything may assign. */
  #counters = 0;

  constructor(
    tape: Tape,
    functions: readonly Signature[],
    signature: Signature,
    typeOf: (params: number[], results: number[]) => number,
  ) {
    this.#tape = tape;
    this.#functions = functions;
    this.#signature = signature;
    this.#typeOf = typeOf;
    this.#locals = [...signature.params, i32, i32, i64, f64];
  }

  write(): Uint8Array {
    const { results } = this.#signature;
    this.#out.u32(4).u32(2).u8(i32).u32(1).u8(i64).u32(1).u8(f64).u32(2 * mostCounters).u8(i32);
    this.#labels.push({ types: results, isLoop: false });
    this.#useFuel();
    this.#statements(0);
    this.#values(results, 0);
    this.#out.u8(op.end);
    return this.#out.written;
  }

  /** Leaves the function without fuel; takes one. */
  #useFuel(): void {
    this.#out.u8(op.globalGet, fuelGlobal, op.i32Eqz, op.if, emptyBlock);
    for (const type of this.#signature.results) this.#zero(type);
    this.#out.u8(op.return, op.end);
    this.#out.u8(op.globalGet, fuelGlobal, op.i32Const, 1, op.i32Sub, op.globalSet, fuelGlobal);
  }

  #zero(type: number): void {
    if (type === i32) this.#out.u8(op.i32Const, 0);
    else if (type === i64) this.#out.u8(0x42, 0);
    else this.#out.u8(0x44, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  #statements(depth: number): void {
    if (depth > 5) return;
    const count = (depth === 0 ? 3 : 0) + this.#tape.below(5);
    for (let left = count; left > 0 && !this.#tape.done; left--) this.#statement(depth + 1);
  }

  #statement(depth: number): void {
    switch (this.#tape.below(16)) {
      case 0:
        return this.#assign(depth);
      case 1:
        return this.#store(depth);
      case 2:
      case 3:
      case 4:
        return this.#loop(depth);
      case 5:
        return this.#block(depth);
      case 6:
        return this.#if(depth);
      case 7:
      case 8:
        return this.#branchIf(depth);
      case 9:
        return this.#mostlyIf(depth, () => this.#branchTable(depth));
      case 10:
        return this.#mostlyIf(depth, () => this.#branch(depth));
      case 11:
        return this.#call(depth);
      case 12:
        return this.#moveMemory(depth);
      case 13:
      case 14:
        return this.#countedLoop(depth);
      default:
        return this.#mostlyIf(depth, () => this.#return(depth));
    }
  }

  /** What leaves is mostly behind a condition: else little would come after it. */
  #mostlyIf(depth: number, write: () => void): void {
    if (this.#tape.below(4) === 0) return write();
    this.#value(i32, depth);
    this.#out.u8(op.if, emptyBlock);
    this.#labels.push({ types: [], isLoop: false });
    write();
    this.#labels.pop();
    this.#out.u8(op.end);
  }

  #assign(depth: number): void {
    const local = this.#tape.below(this.#locals.length);
    this.#value(this.#locals[local], depth);
    this.#out.u8(op.localSet).u32(local);
  }

  #address(depth: number): void {
    this.#value(i32, depth);
    this.#out.u8(op.i32Const).s33(0x3ff8).u8(0x71);
  }

  #store(depth: number): void {
    this.#address(depth);
    const type = this.#tape.pick([i32, i64]);
    this.#value(type, depth);
    this.#out.u8(type === i32 ? 0x36 : 0x37, 0, 0);
  }

  #blockType(params: number[], results: number[]): void {
    if (params.length === 0 && results.length === 0) this.#out.u8(emptyBlock);
    else if (params.length === 0 && results.length === 1) this.#out.u8(results[0]);
    else this.#out.s33(this.#typeOf(params, results));
  }

  /** A construct with its own values below its statements; what it gives is dropped. */
  #loop(depth: number): void {
    const params = this.#tape.types(2), results = this.#tape.types(2);
    this.#values(params, depth);
    this.#out.u8(op.loop);
    this.#blockType(params, results);
    this.#labels.push({ types: params, isLoop: true });
    this.#useFuel();
    this.#statements(depth);
    if (this.#tape.below(3) > 0) {
      // A few rounds: a loop that goes on until there is no fuel leaves nothing for what comes after it.
      this.#values(params, depth);
      this.#out.u8(op.globalGet, fuelGlobal, op.i32Const, 7, 0x71, op.brIf, 0);
      this.#drop(params.length);
    }
    this.#drop(params.length);
    this.#values(results, depth);
    this.#labels.pop();
    this.#out.u8(op.end);
    this.#drop(results.length);
  }

  /** As a compiler writes `for`: a head that compares, and an increment before the branch back. */
  #countedLoop(depth: number): void {
    const tape = this.#tape, out = this.#out;
    if (this.#counters === mostCounters) return;
    const counter = this.#locals.length + 2 * this.#counters++, limit = counter + 1;
    const step = tape.pick([1, 1, 2, 3, 7, 1024, 1025]);
    const first = tape.pick([0, 0, -20, 1000, 0x7ff00000, 0x7fffffe0 - step]);
    let last = (first + tape.below(12) * step + tape.below(step)) | 0;
    // Not so near to the end of the numbers that the counter passes it: the loop would go round all of them.
    if (first < 0 && last <= 0) last = -2_000;
    if (last > 0x7ffff000) last = 0x7ffff000;
    out.u8(op.i32Const).s33(first).u8(op.localSet).u32(counter);
    out.u8(op.i32Const).s33(last).u8(op.localSet).u32(limit);
    this.#labels.push({ types: [], isLoop: true }, { types: [], isLoop: false });
    out.u8(op.loop, emptyBlock);
    const operands = [() => out.u8(op.localGet).u32(counter), () => {
      if (tape.below(2) === 0) out.u8(op.localGet).u32(limit);
      else out.u8(op.i32Const).s33(last);
    }];
    const isLeft = tape.below(2) === 0;
    for (const write of isLeft ? operands : operands.reverse()) write();
    out.u8(
      tape.pick(
        isLeft ? [op.i32LtS, op.i32LtU, op.i32LeS, op.i32LeU] : [op.i32GtS, op.i32GtU, op.i32GeS, op.i32GeU],
      ),
    );
    out.u8(op.if, emptyBlock);
    if (tape.below(4) === 0) {
      // Anything: then it may count wrong, leave, or never end by itself.
      this.#useFuel();
      this.#statements(depth);
      if (tape.below(2) === 0) {
        out.u8(op.i32Const).s33((last - tape.below(9)) | 0).u8(op.localSet).u32(tape.pick([counter, limit]));
      }
    } else this.#plainStatements(depth + 1);
    out.u8(op.localGet).u32(counter).u8(op.i32Const).s33(step).u8(op.i32Add, op.localSet).u32(counter);
    out.u8(op.br, 1, op.end, op.end);
    this.#labels.splice(-2);
    this.#counters--;
  }

  /** What does not leave the loop around it, and does not touch its counter; another counted loop may be among it. */
  #plainStatements(depth: number): void {
    for (let left = this.#tape.below(4); left > 0 && !this.#tape.done; left--) {
      const choice = this.#tape.below(6);
      if (choice <= 1) this.#assign(depth);
      else if (choice <= 3) this.#store(depth);
      else if (choice === 4) this.#countedLoop(depth);
      else {
        this.#out.u8(op.block, emptyBlock);
        this.#value(i32, depth);
        this.#out.u8(op.brIf, 0);
        this.#store(depth);
        this.#out.u8(op.end);
      }
    }
  }

  #block(depth: number): void {
    const params = this.#tape.types(1), results = this.#tape.types(2);
    this.#values(params, depth);
    this.#out.u8(op.block);
    this.#blockType(params, results);
    this.#labels.push({ types: results, isLoop: false });
    this.#statements(depth);
    this.#drop(params.length);
    this.#values(results, depth);
    this.#labels.pop();
    this.#out.u8(op.end);
    this.#drop(results.length);
  }

  #if(depth: number): void {
    const results = this.#tape.types(1);
    this.#value(i32, depth);
    this.#out.u8(op.if);
    this.#blockType([], results);
    this.#labels.push({ types: results, isLoop: false });
    this.#statements(depth);
    this.#values(results, depth);
    this.#out.u8(op.else);
    this.#statements(depth);
    this.#values(results, depth);
    this.#labels.pop();
    this.#out.u8(op.end);
    this.#drop(results.length);
  }

  /** Mostly a loop's label, where there is one. */
  #depthOfLabel(): number {
    const loops = this.#labels.flatMap(({ isLoop }, i) => isLoop ? [this.#labels.length - 1 - i] : []);
    if (loops.length > 0 && this.#tape.below(3) > 0) return this.#tape.pick(loops);
    return this.#tape.below(this.#labels.length);
  }

  #label(depth: number): Label {
    return this.#labels[this.#labels.length - 1 - depth];
  }

  #branchIf(depth: number): void {
    const target = this.#depthOfLabel();
    this.#values(this.#label(target).types, depth);
    this.#value(i32, depth);
    this.#out.u8(op.brIf).u32(target);
    this.#drop(this.#label(target).types.length);
  }

  #branch(depth: number): void {
    const target = this.#depthOfLabel();
    this.#values(this.#label(target).types, depth);
    this.#out.u8(op.br).u32(target);
    this.#deadCode();
  }

  #branchTable(depth: number): void {
    const first = this.#depthOfLabel();
    const { types: carried } = this.#label(first);
    const same = this.#labels.flatMap(({ types }, i) =>
      `${types}` === `${carried}` ? [this.#labels.length - 1 - i] : []
    );
    const targets = [first, ...Array.from({ length: this.#tape.below(4) }, () => this.#tape.pick(same))];
    this.#values(carried, depth);
    this.#value(i32, depth);
    this.#out.u8(op.i32Const, 3, 0x71);
    this.#out.u8(op.brTable).u32(targets.length - 1);
    for (const target of targets) this.#out.u32(target);
    this.#deadCode();
  }

  /** What no engine runs and every engine checks: operands come from nowhere there. */
  #deadCode(): void {
    const kind = this.#tape.below(4);
    const target = this.#depthOfLabel();
    if (kind === 1) this.#out.u8(op.i32Add, 0x1a);
    if (kind === 2) {
      this.#out.u8(op.brIf).u32(target);
      this.#drop(this.#label(target).types.length);
    }
    if (kind === 3) this.#out.u8(op.brTable).u32(0).u32(target);
  }

  #call(depth: number): void {
    const target = this.#tape.below(this.#functions.length);
    const { params, results } = this.#functions[target];
    this.#values(params, depth);
    this.#callWith(target, false);
    this.#drop(results.length);
  }

  #callWith(target: number, tail: boolean): void {
    if (this.#tape.below(3) > 0) {
      const { params, results } = this.#functions[target];
      this.#out.u8(op.i32Const).s33(target);
      this.#out.u8(tail ? op.returnCallIndirect : op.callIndirect).u32(this.#typeOf(params, results)).u32(0);
    } else this.#out.u8(tail ? op.returnCall : op.call).u32(target);
  }

  #return(depth: number): void {
    const { results } = this.#signature;
    const same = this.#functions.flatMap((other, i) => `${other.results}` === `${results}` ? [i] : []);
    if (this.#tape.below(2) === 1) {
      const target = this.#tape.pick(same);
      this.#values(this.#functions[target].params, depth);
      this.#callWith(target, true);
    } else {
      this.#values(results, depth);
      this.#out.u8(op.return);
    }
    this.#deadCode();
  }

  #moveMemory(depth: number): void {
    const fill = this.#tape.below(2) === 0;
    this.#address(depth);
    if (fill) this.#value(i32, depth);
    else this.#address(depth);
    if (this.#tape.below(4) === 0) this.#out.u8(op.i32Const).s33(this.#tape.below(400));
    else {
      this.#value(i32, depth);
      this.#out.u8(op.i32Const).s33(0x3ff).u8(0x71);
    }
    if (fill) this.#out.u8(op.bulk, bulk.memoryFill, 0);
    else this.#out.u8(op.bulk, bulk.memoryCopy, 0, 0);
  }

  #drop(count: number): void {
    for (; count > 0; count--) this.#out.u8(0x1a);
  }

  #values(wanted: readonly number[], depth: number): void {
    for (const type of wanted) this.#value(type, depth);
  }

  #value(type: number, depth: number): void {
    const choice = depth > 6 ? this.#tape.below(2) : this.#tape.below(7);
    if (choice === 0) {
      const local = this.#locals.indexOf(type, this.#tape.below(2) * this.#signature.params.length);
      this.#out.u8(op.localGet).u32(local);
    } else if (choice === 1) this.#constant(type);
    else if (choice === 2) this.#loaded(type, depth + 1);
    else if (choice === 3) this.#converted(type, depth + 1);
    else {
      this.#value(type, depth + 1);
      this.#value(type, depth + 1);
      this.#out.u8(this.#tape.pick(arithmetic[type]));
    }
  }

  #constant(type: number): void {
    const value = this.#tape.below(1000) - 500;
    if (type === i32) this.#out.u8(op.i32Const).s33(value);
    else if (type === i64) this.#out.u8(0x42).s33(value);
    else this.#out.u8(0x44).bytes(new Uint8Array(Float64Array.of(value / 8).buffer));
  }

  #loaded(type: number, depth: number): void {
    this.#address(depth);
    if (type === i32 && this.#tape.below(3) === 0) {
      // Atomic addresses must be aligned; these are, to eight bytes.
      this.#out.u8(op.atomic, atomic.i32Load, 2, 0);
    } else if (type === i32) this.#out.u8(0x28, 0, 0);
    else {
      this.#out.u8(0x29, 0, 0);
      if (type === f64) this.#out.u8(0xb9);
    }
  }

  /** From another type; by way of a vector's lane, too. */
  #converted(type: number, depth: number): void {
    if (type === i32 && this.#tape.below(2) === 0) {
      this.#value(i32, depth);
      this.#out.u8(op.simd, 17, op.simd, 27, 3);
    } else if (type === i32) {
      this.#value(f64, depth);
      this.#out.u8(op.bulk, 2);
    } else {
      this.#value(i32, depth);
      this.#out.u8(type === i64 ? 0xac : 0xb7);
    }
  }
}

const arithmetic: Record<number, number[]> = {
  // add, sub, mul, and, or, xor, shl, shr_u
  [i32]: [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x76],
  [i64]: [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x88],
  // add, sub, mul, min
  [f64]: [0xa0, 0xa1, 0xa2, 0xa4],
};
