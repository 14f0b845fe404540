/**
 * Random functions in AssemblyScript, for what the compiler makes of loops: `for`, `while`, `do`, `switch`, `break` and
 * `continue`, calls, recursion with a bound, arrays of several types in memory.
 *
 * As in `instrument_random_wasm.ts` a tape of numbers is read, one a choice. Every loop has a bound of its own.
 */

/** The source of `count` exported functions `f0(a: i32, b: i32): f64`, …; each may call those before it. */
export function randomScript(choices: readonly number[], count: number): string {
  const functions = Array.from({ length: count }, (_, index) => new Script(choices, index, count).write());
  return [HEAD, ...functions].join("\n");
}

/** Memory is used from 16,384 to 20,480. */
const HEAD = `
const BASE: usize = 16384;
function at8(i: i32): usize { return BASE + (<usize>i & 1023); }
function at4(i: i32): usize { return BASE + 1024 + ((<usize>i & 255) << 2); }
function at16(i: i32): usize { return BASE + 2048 + ((<usize>i & 63) << 4); }
function tame(x: f64): f64 { return x == x && Math.abs(x) < 1e15 ? x : 1; }
`;

class Script {
  readonly #choices: readonly number[];
  readonly #index: number;
  #at: number;
  #names = 0;
  #loops = 0;

  constructor(choices: readonly number[], index: number, count: number) {
    this.#choices = choices;
    this.#index = index;
    // Each function reads from another place of the tape.
    this.#at = Math.floor(choices.length * index / count);
  }

  write(): string {
    const body = this.#statements(0);
    const recursion = this.#below(3) === 0
      ? `if (a > 0) y += <f64>(<i32>tame(f${this.#index}((a & 15) - 1 - ${this.#below(3)}, b ^ 5)) & 255);`
      : "";
    return `export function f${this.#index}(a: i32, b: i32): f64 {
  let x = b, y: f64 = a, z: i64 = <i64>a * 77 + b;
  ${recursion}
  ${body}
  return tame(y) + <f64>x + <f64>(z & 0xffff);
}`;
  }

  #below(count: number): number {
    return (this.#choices[this.#at++ % Math.max(1, this.#choices.length)] ?? 0) % count;
  }

  #statements(depth: number): string {
    if (depth > 4) return this.#assign();
    return Array.from({ length: 1 + this.#below(3) }, () => this.#statement(depth)).join("\n");
  }

  #statement(depth: number): string {
    const inner = () => this.#statements(depth + 1);
    const name = `i${this.#names++}`;
    const bound = depth === 0 ? 30 : 9;
    switch (this.#below(12)) {
      case 0:
        return `if (${this.#condition()}) { ${inner()} } else { ${inner()} }`;
      case 1:
      case 2: {
        const step = 1 + this.#below(3);
        return this.#loop(() =>
          `for (let ${name} = 0; ${name} < (${this.#int()} & ${bound}); ${name} += ${step}) { x += ${name}; ${inner()} }`
        );
      }
      case 3:
        // A limit that the compiler sees not to change.
        return this.#loop(() =>
          `{ const n${name} = (${this.#int()} & ${bound}) - 2; for (let ${name} = 0; ${name} < n${name}; ${name}++) { ${
            this.#store(name)
          } ${this.#assign()} } }`
        );
      case 4:
        return this.#loop(() =>
          `{ let ${name} = ${bound}; while (${name}-- > 0) { ${inner()} if (${this.#condition()}) break; } }`
        );
      case 5:
        return this.#loop(() =>
          `{ let ${name} = 0; do { ${inner()} } while (++${name} < ${
            1 + this.#below(bound)
          } && ${this.#condition()}); }`
        );
      case 6:
        return this.#loop(() =>
          `{ let ${name} = 0; while (true) { if (++${name} > ${bound}) break; if (${this.#condition()}) continue; ${inner()} } }`
        );
      case 7: {
        const leave = () => this.#below(3) === 0 && this.#loops > 0 ? "continue" : "break";
        return `switch (${this.#int()} & 3) { case 0: ${inner()} ${leave()}; case 1: ${this.#assign()} case 2: ${inner()} ${leave()}; default: ${this.#assign()} }`;
      }
      case 8:
        return this.#loops > 0
          ? `if (${this.#condition()}) ${this.#below(2) === 0 ? "break" : "continue"};`
          : this.#assign();
      case 9:
        return depth < 2 && this.#index > 0
          ? `y += tame(f${this.#below(this.#index)}(${this.#int()} & 7, x));`
          : `if (x == ${this.#below(100)}) return y;`;
      case 10:
        return this.#store(`(${this.#int()})`);
      default:
        return this.#assign();
    }
  }

  #loop(write: () => string): string {
    this.#loops++;
    const text = write();
    this.#loops--;
    return text;
  }

  #store(index: string): string {
    switch (this.#below(5)) {
      case 0:
        return `store<u8>(at8(${index}), <u8>${this.#int()});`;
      case 1:
        return `store<i32>(at4(${index}), ${this.#int()});`;
      case 2:
        return `store<f64>(at16(${index}), tame(y));`;
      case 3:
        return `v128.store(at16(${index}), i32x4.add(v128.load(at16(x)), i32x4.splat(${this.#int()})));`;
      default:
        return `memory.${this.#below(2) === 0 ? "fill" : "copy"}(at8(${index}), 7 + ${
          this.#below(90)
        }, <usize>(${this.#int()} & 63));`;
    }
  }

  #assign(): string {
    switch (this.#below(5)) {
      case 0:
        return `y = tame(y ${this.#pick(["+", "-", "*"])} <f64>${this.#int()} * 0.5);`;
      case 1:
        return `z = z ${this.#pick(["+", "^", "*", "-"])} <i64>${this.#int()};`;
      case 2:
        return `z = (z << ${this.#below(9)}) ^ load<i64>(at16(x));`;
      case 3:
        return `x += load<u8>(at8(x)) + load<i32>(at4(${this.#int()}));`;
      default:
        return `x = ${this.#int()} ${this.#pick(["+", "^", "*", "-", "&", ">>"])} ${this.#int()};`;
    }
  }

  #int(): string {
    return this.#pick([
      "x",
      "a",
      "b",
      "(x >> 3)",
      "<i32>z",
      "<i32>(y * 0.001)",
      `${this.#below(200) - 100}`,
      "(x / ((b & 7) + 1))",
    ]);
  }

  #condition(): string {
    return `(${this.#int()} & ${1 + this.#below(7)}) ${this.#pick(["==", "!=", "<", ">"])} ${this.#below(4)}`;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)];
  }
}
