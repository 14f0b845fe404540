/** What `communicate` has sent and received so far: a call that is interrupted has lost nothing, the next one goes on. */
import type { Op } from "../core/mod.ts";
import { op } from "../sync/mod.ts";
import type { ChildInput } from "./child_input.ts";
import type { ChildOutput } from "./child_output.ts";
import { BrokenPipeError, type Data } from "./errors.ts";

/** Bytes in one write: a write that is interrupted has sent nothing, and the rest of the input is kept. */
const PIECE = 64 * 1024;

const encoder = new TextEncoder();

/** See the top of the file. */
export class Talk {
  readonly stdout: Uint8Array[] = [];
  readonly stderr: Uint8Array[] = [];
  readonly #in: ChildInput | null;
  readonly #out: ChildOutput | null;
  readonly #err: ChildOutput | null;
  #rest: Uint8Array;

  constructor(
    stdin: ChildInput | null,
    stdout: ChildOutput | null,
    stderr: ChildOutput | null,
    input: Data = "",
  ) {
    this.#in = stdin;
    this.#out = stdout;
    this.#err = stderr;
    this.#rest = typeof input === "string" ? encoder.encode(input) : new Uint8Array(input);
  }

  send(): Op<void> {
    return op(() => this.#send());
  }

  receive(): Op<void> {
    return op(() => collect(this.#out, this.stdout));
  }

  receiveErrors(): Op<void> {
    return op(() => collect(this.#err, this.stderr));
  }

  *#send(): Generator<unknown, void, unknown> {
    const stdin = this.#in;
    if (stdin === null) return;
    try {
      while (this.#rest.length > 0) {
        yield* stdin.write(this.#rest.subarray(0, PIECE));
        this.#rest = this.#rest.subarray(PIECE);
      }
    } catch (error) {
      if (!(error instanceof BrokenPipeError)) throw error;
      this.#rest = new Uint8Array(0); // the child has read what it wanted
    }
    yield* stdin.close();
  }
}

function* collect(from: ChildOutput | null, into: Uint8Array[]): Generator<unknown, void, unknown> {
  if (from === null) return;
  for (;;) {
    const chunk = yield* from.read();
    if (chunk === null) return;
    into.push(chunk);
  }
}
