/** What the tests of the network have in common: a pair of connected sockets, and waiting until something is so. */
import { readFileSync } from "node:fs";
import {
  connect,
  type ConnectOptions,
  listen,
  type ListenOptions,
  NetError,
  type Socket,
} from "../../src/net/mod.ts";
import { type Op, run, sleep, spawn } from "../../src/mod.ts";
import { assert, assertEquals } from "../assert.ts";

/** Both ends of a connection. */
export interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Runs `body` with a connection, and closes both ends. */
export function withPair(
  body: (pair: Pair) => Generator<unknown, void, unknown>,
  options: { connect?: ConnectOptions; listen?: ListenOptions; address?: string } = {},
): Promise<void> {
  return run(function* () {
    const listener = yield* listen(options.address ?? "127.0.0.1:0", options.listen);
    const accepting = spawn(() => listener.accept({ timeout: 5_000 }));
    const client = yield* connect(listener.address, { timeout: 5_000, ...options.connect });
    const server = yield* accepting;
    yield* listener.close();
    try {
      yield* body({ client, server });
    } finally {
      for (const socket of [client, server]) yield* socket.close({ timeout: 0 });
    }
  });
}

/** Waits until `condition` holds, for what nobody tells of. */
export function* eventually(
  what: string,
  condition: () => boolean,
  ms = 8_000,
): Generator<unknown, void, unknown> {
  for (const end = performance.now() + ms; !condition();) {
    assert(performance.now() < end, `it never came: ${what}`);
    yield* sleep(1);
  }
}

/** The code of the `NetError` that `op` fails with; "none" if it does not fail. */
export function* codeOf(op: Op<unknown>): Generator<unknown, string, unknown> {
  try {
    yield* op;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    assertEquals(error.name, "NetError");
    return error.code;
  }
  return "none";
}

/** The error of `op`. */
export function* errorOf(op: Op<unknown>): Generator<unknown, Error, unknown> {
  try {
    yield* op;
  } catch (error) {
    assert(error instanceof Error);
    return error;
  }
  throw new Error("it did not fail");
}

/** Text of bytes. */
export const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes);

/** A file of the fixtures; `fixtures/make.sh` makes them. */
export const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

/** Bytes that are not all the same: position and size in each. */
export function pattern(size: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = ((from + i) * 31 + ((from + i) >> 8)) & 255;
  return bytes;
}
