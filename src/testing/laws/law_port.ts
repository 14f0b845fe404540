/** The laws of ports: what holds for whatever connects two ends. */
import { EOFError, TimeoutError } from "../../core/mod.ts";
import { type Greenlet, isKill, sleep, spawn } from "../../greenlet/mod.ts";
import { ended, type Gen, logging, need, outcome, outcomeOf, parked, same, upTo } from "./law_kit.ts";
import { type Law, law, type LawOptions, type LawSuite, suiteOf, type Trials } from "./law_suite.ts";
import type { Port } from "./port.ts";

type End = Port<unknown>;
type Say = (name: string, body: (a: End, b: End) => Gen, trials?: Trials) => Law;

const EOF = `!${EOFError.name}`;
const LATE = `!${TimeoutError.name}`;
/** Longer than any message takes, in milliseconds. */
const LONG = 1_000;

/** So many messages. */
function* some(port: End, n: number): Gen<unknown[]> {
  const messages: unknown[] = [];
  for (const _ of upTo(n)) messages.push(yield* port.receive({ timeout: LONG }));
  return messages;
}

function flowLaws(say: Say): Law[] {
  return [
    say("order: messages arrive in the order in which they were posted", function* (a, b) {
      const sender = function* (port: End, first: number): Gen {
        for (const i of upTo(3)) {
          port.post(first + i);
          yield* sleep(0);
        }
      };
      const senders = [spawn({ name: "a" }, sender, a, 10), spawn({ name: "b" }, sender, b, 20)];
      same(yield* some(b, 3), [10, 11, 12], "what came from one end");
      same(yield* some(a, 3), [20, 21, 22], "what came from the other");
      yield* ended(senders);
      same(yield* outcome(b.receive({ timeout: LONG })), LATE, "a receive when nothing is left");
    }),

    say("copies: what is done to a message later does not arrive", function* (a, b) {
      const message = { list: [1], when: new Date(7), map: new Map([["a", 1]]) };
      a.post(message);
      message.list.push(2);
      const [got] = yield* some(b, 1);
      same(got, { list: [1], when: new Date(7), map: new Map([["a", 1]]) }, "the message");
    }),

    say("copies: what cannot be copied throws at the call, and nothing is sent", function* (a, b) {
      const how = outcomeOf(() => a.post({ f: () => {} }));
      same(how, "!DataCloneError", "a post of a function");
      a.post(1);
      same(yield* some(b, 1), [1], "what arrives");
    }),

    say("every message goes to one receiver, whoever is killed", function* (a, b) {
      const got: unknown[] = [];
      const receiver = function* (): Gen {
        for (;;) {
          got.push(yield* b.receive());
          yield* sleep(0);
        }
      };
      for (const i of upTo(3)) spawn({ name: `receiver ${i}`, daemon: true }, receiver);
      for (const i of upTo(4)) {
        a.post(i);
        yield* sleep(0);
      }
      yield* sleep(LONG);
      for (;;) {
        const how = yield* outcome(b.receive({ timeout: LONG }));
        if (how === LATE) break;
        got.push(Number(how));
      }
      same(got.toSorted(), [0, 1, 2, 3], "what was received");
    }, { kills: 3, small: true }),
  ];
}

function closeLaws(say: Say): Law[] {
  return [
    say("S-84 close: what is left is received, and then EOFError is thrown", function* (a, b) {
      for (const i of upTo(3)) a.post(i);
      a.close();
      same(a.closed, true, "closed of the end that was closed");
      same(yield* some(b, 3), [0, 1, 2], "what was posted before");
      for (const _ of upTo(2)) same(yield* outcome(b.receive()), EOF, "a receive then");
      same(b.closed, true, "closed of the other end");
      same(yield* outcome(a.receive()), EOF, "a receive of the end that was closed");
    }),

    say("S-81 a reason is what calls throw from then on, at both ends", function* (a, b) {
      a.post(1);
      a.close(new RangeError("the worker died"));
      same(yield* some(b, 1), [1], "what was posted before");
      for (const port of [b, a]) {
        let error: unknown;
        try {
          yield* port.receive();
        } catch (e) {
          error = e;
        }
        same(
          [(error as Error)?.name, (error as Error)?.message],
          ["RangeError", "the worker died"],
          "the error",
        );
      }
    }),

    say("S-81 all who wait are woken with the reason", function* (a, b) {
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const [name, port] of [["a", a], ["b", b], ["c", b]] as const) {
        all.push(yield* logging(log, name, () => port.receive()));
      }
      a.close(new RangeError("the worker died"));
      yield* ended(all);
      same(log.toSorted(), ["a !RangeError", "b !RangeError", "c !RangeError"], "what they got");
    }),

    say("close twice is the same as once: the first reason counts", function* (a, b) {
      a.close(new RangeError("first"));
      a.close(new SyntaxError("second"));
      same(yield* outcome(b.receive()), "!RangeError", "a receive");
      b.close(new SyntaxError("third"));
      same(yield* outcome(b.receive()), "!RangeError", "a receive after a close of the other end");
    }),

    say("a post to what is closed throws", function* (a, b) {
      a.close();
      same(outcomeOf(() => a.post(1)), EOF, "a post of the end that was closed");
      same(yield* outcome(b.receive()), EOF, "a receive");
      same(outcomeOf(() => b.post(1)), EOF, "a post of the other end, which knows");
    }),
  ];
}

function waitLaws(say: Say): Law[] {
  return [
    say("receivers are served in the order of arrival", function* (a, b) {
      const log: string[] = [];
      const all: Greenlet<void>[] = [];
      for (const i of upTo(3)) all.push(yield* logging(log, `receiver ${i}`, () => b.receive()));
      for (const i of upTo(3)) a.post(i);
      yield* ended(all);
      same(log.toSorted(), upTo(3).map((i) => `receiver ${i} ${i}`), "who got what");
    }),

    say("S-15 a receive that is killed while parked loses nothing", function* (a, b) {
      const killed = yield* parked("killed", () => b.receive());
      const next = yield* parked("next", () => b.receive());
      killed.kill();
      a.post(1);
      yield* ended([killed]);
      same(yield* next, 1, "what the next one gets");
    }),

    say("S-15 a receive that is woken and then killed gives its message", function* (a, b) {
      const log: unknown[] = [];
      const killed = yield* parked("killed", function* () {
        log.push(yield* b.receive());
        try {
          yield* sleep(LONG);
        } catch (error) {
          log.push(isKill(error));
          throw error;
        }
      });
      a.post(1);
      killed.kill();
      yield* killed.join();
      const left = yield* outcome(b.receive({ timeout: LONG }));
      // Where messages take time, the kill has come before the wake, and the message is for the next.
      need(
        log.length === 0 ? left === "1" : left === LATE && log[0] === 1 && log[1] === true,
        `the message is the killed one's or the next one's: it had ${JSON.stringify(log)}, left was ${left}`,
      );
    }),

    say("S-34 a timeout throws TimeoutError, not before, and loses nothing", function* (a, b) {
      const log: string[] = [];
      const late = yield* logging(log, "late", () => b.receive({ timeout: 5 }));
      yield* sleep(4);
      same(log, [], "who gave up before");
      yield* ended([late]);
      same(log, [`late ${LATE}`], "who gave up");
      same(yield* outcome(b.receive({ timeout: 0 })), LATE, "a receive that cannot wait");
      a.post(1);
      same(yield* some(b, 1), [1], "what is received then");
    }),

    say("S-57 the race: a message that comes at the last moment is got or stays", function* (a, b) {
      for (const ms of [4, 5]) {
        const got: string[] = [];
        const receiver = spawn({ name: "receiver" }, function* () {
          const how = yield* outcome(b.receive({ timeout: 5 }));
          if (how !== LATE) got.push(how);
        });
        const bystander = spawn({ name: "bystander" }, () => sleep(6)); // so that time can pass
        yield* sleep(ms);
        a.post(1);
        yield* ended([receiver, bystander]);
        const left = yield* outcome(b.receive({ timeout: LONG }));
        if (left !== LATE) got.push(left);
        same(got, ["1"], "what was received");
      }
    }, { timeouts: 2, small: true }),
  ];
}

/** Makes two ends that are connected. */
export type MakePorts = () => readonly [Port<unknown>, Port<unknown>];

function lawsOf(make: MakePorts, options: LawOptions): Law[] {
  const say: Say = (name, body, trials) => law(name, options, () => body(...make()), trials);
  return [...flowLaws(say), ...closeLaws(say), ...waitLaws(say)];
}

/** See `laws`. */
export const portLaws: LawSuite<MakePorts, LawOptions> = suiteOf("ports", lawsOf, {});
