/** Reading and writing the WASM binary's own data types: LEB128 numbers, names, sized parts. */

/** The bytes are not a WASM module that the instrumentation understands. */
export class WasmFormatError extends Error {
  override name: string = "WasmFormatError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encodeUtf8 = new TextEncoder();

/** Reads forward through a part of a module. */
export class ByteReader {
  at: number;
  readonly end: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    if (this.at >= this.end) this.fail("the module ends in the middle of a part", this.end);
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    return this.fail("an unsigned number of more than 32 bits", start);
  }

  /** A signed LEB128 of at most 33 bits: `i32.const`, and block types, where a type's index is not negative. */
  s33(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - 2 ** (shift + 7);
    }
    return this.fail("a signed number of more than 33 bits", start);
  }

  /** Passes over a LEB128 of up to 64 bits. */
  skipLeb(): void {
    const start = this.at;
    for (let i = 0; i < 10; i++) if (this.u8() < 0x80) return;
    this.fail("a number of more than 64 bits", start);
  }

  skip(count: number): void {
    if (count > this.end - this.at) this.fail(`a part of ${count} bytes that reaches over the end`, this.at);
    this.at += count;
  }

  /** The next `count` bytes, not copied. */
  take(count: number): Uint8Array {
    const start = this.at;
    this.skip(count);
    return this.bytes.subarray(start, this.at);
  }

  /** A reader of the next `count` bytes, which this one passes over. */
  part(count: number): ByteReader {
    const start = this.at;
    this.skip(count);
    return new ByteReader(this.bytes, start, this.at);
  }

  string(): string {
    const start = this.at;
    try {
      return utf8.decode(this.take(this.u32()));
    } catch (error) {
      if (error instanceof WasmFormatError) throw error;
      return this.fail("a name that is not UTF-8", start);
    }
  }

  fail(what: string, at: number): never {
    throw new WasmFormatError(
      `cannot read the WASM module: ${what}, at offset 0x${at.toString(16)}; ` +
        "compile it anew with `tendril build`, or leave out the feature that is named",
    );
  }
}

/** Appends to bytes that grow as needed. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far, not copied. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(...bytes: number[]): this {
    for (const byte of bytes) {
      if (this.#length === this.#bytes.length) this.#grow(1);
      this.#bytes[this.#length++] = byte;
    }
    return this;
  }

  u32(value: number): this {
    while (value >= 0x80) {
      this.u8((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    return this.u8(value);
  }

  /** A signed LEB128, of 33 bits at most. */
  s33(value: number): this {
    while (value < -0x40 || value >= 0x40) {
      // A negative number's remainder is negative or zero: its low seven bits are those of the number.
      this.u8(((value % 0x80) & 0x7f) | 0x80);
      value = Math.floor(value / 0x80);
    }
    return this.u8(value & 0x7f);
  }

  bytes(bytes: Uint8Array): this {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  string(text: string): this {
    return this.sized(encodeUtf8.encode(text));
  }

  /** A part with its length before it. */
  sized(part: Uint8Array): this {
    return this.u32(part.length).bytes(part);
  }

  #grow(by: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + by));
    grown.set(this.written);
    this.#bytes = grown;
  }
}
