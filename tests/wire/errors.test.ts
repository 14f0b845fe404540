import fc from "fast-check";
import { GreenletExit, TimeoutError } from "../../src/mod.ts";
import { decodeError, encodeError, WorkerDiedError } from "../../src/wire/mod.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";

/** There and back, through the runtime's clone. */
function sent<E>(error: E): E {
  return decodeError(structuredClone(encodeError(error))) as E;
}

class NotFound extends RangeError {
  override name: string = "NotFound";
  readonly code: number;
  constructor(code: number) {
    super(`code ${code}`);
    this.code = code;
  }
}

describe("errors over a port", () => {
  test("S-79: class, message, name, stack, own properties", () => {
    for (const Kind of [Error, TypeError, RangeError, SyntaxError, URIError, TimeoutError, WorkerDiedError]) {
      const error = Object.assign(new Kind("what failed"), { code: "E1", at: { line: 3 } });
      const got = sent(error);
      assertInstanceOf(got, Kind);
      assertEquals([got.message, got.name, got.stack], ["what failed", error.name, error.stack]);
      assertEquals([got.code, got.at], ["E1", { line: 3 }]);
      assertEquals(Object.keys(got).includes("stack"), false);
    }
    assertInstanceOf(sent(new GreenletExit()), GreenletExit);
    const own = sent(new NotFound(404));
    assertInstanceOf(own, RangeError);
    assertEquals([own.name, own.code, own.message], ["NotFound", 404, "code 404"]);
    const dom = sent(new DOMException("stopped", "AbortError"));
    assertEquals([dom.name, dom.message, dom instanceof DOMException], ["AbortError", "stopped", true]);
  });

  test("causes, parts, and rings of them", () => {
    const inner = new TypeError("inner");
    const error = new AggregateError([inner, 5, new RangeError("r", { cause: inner })], "several", {
      cause: inner,
    });
    const got = sent(error);
    assertInstanceOf(got, AggregateError);
    assertInstanceOf(got.errors[0], TypeError);
    assertEquals([got.errors[1], got.errors[0].message], [5, "inner"]);
    assertStrictEquals(got.cause, got.errors[0]);
    assertStrictEquals(got.errors[2].cause, got.errors[0]);
    const ring = new Error("ring");
    ring.cause = ring;
    const back = sent(ring);
    assertStrictEquals(back.cause, back);
  });

  test("what is no error, and what cannot be cloned", () => {
    assertEquals(sent("text" as unknown), "text");
    assertEquals(sent(undefined as unknown), undefined);
    assertEquals(sent({ a: 1 } as unknown), { a: 1 });
    assertEquals(typeof sent((() => 1) as unknown), "string");
    const odd = Object.assign(new Error("odd"), { socket: { close() {} }, method() {}, cause: Symbol("s") });
    Object.defineProperty(odd, "broken", {
      get() {
        throw new Error("no");
      },
      enumerable: true,
    });
    const got = sent(odd) as Error & { socket: unknown };
    assert(String(got.socket).startsWith("(not cloned"));
    assert(String(got.cause).startsWith("(not cloned"));
  });

  test("any graph of errors keeps its shape", () => {
    const graph = fc.array(
      fc.record({
        message: fc.string(),
        cause: fc.option(fc.nat(9)),
        parts: fc.option(fc.array(fc.nat(9), { maxLength: 3 })),
        own: fc.dictionary(
          fc.string().filter((key) => !(key in new AggregateError([]))),
          fc.jsonValue(),
          { maxKeys: 3 },
        ),
      }),
      { minLength: 1, maxLength: 10 },
    );
    fc.assert(fc.property(graph, (nodes) => {
      const errors = nodes.map(({ message, own, parts }) =>
        Object.assign(parts === null ? new RangeError(message) : new AggregateError([], message), own)
      );
      const pick = (n: number) => errors[n % errors.length];
      nodes.forEach(({ cause, parts }, i) => {
        if (cause !== null) errors[i].cause = pick(cause);
        if (parts !== null) (errors[i] as Error & { errors?: unknown[] }).errors = parts.map(pick);
      });
      const seen = new Map<unknown, unknown>();
      const compare = (a: Error, b: Error): void => {
        if (seen.has(a)) return assertStrictEquals(b, seen.get(a));
        seen.set(a, b);
        assertEquals([b.name, b.message, b.constructor], [a.name, a.message, a.constructor]);
        const own = (e: Error) => JSON.stringify({ ...e, cause: 0, errors: 0 });
        assertEquals(own(b), own(a));
        assertEquals(b.cause === undefined, a.cause === undefined);
        if (a.cause !== undefined) compare(a.cause as Error, b.cause as Error);
        if (a instanceof AggregateError) {
          a.errors.forEach((part, i) => compare(part, (b as AggregateError).errors[i]));
        }
      };
      compare(errors[0], sent(errors[0]));
    }));
  });
});
