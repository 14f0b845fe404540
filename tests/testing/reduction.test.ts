// The reduced search against the full one on random programs: it must see every outcome. TENDRIL_PROGRAMS=10000 for more.

import process from "node:process";
import { assert, assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { difference } from "./outcomes.ts";
import { type Program, randomProgram, type Statement } from "./programs.ts";

const PROGRAMS = Number(process.env.TENDRIL_PROGRAMS ?? 400);
/** Schedules of the full search, above which a program is too large to compare. */
const MOST = PROGRAMS > 400 ? 1_200 : 500;
/** Programs of one test: none takes so long that it seems to hang. */
const BATCH = 400;

/** Programs that it has failed on, or might: `op:n{block}` for each greenlet, with bars in between. */
const KNOWN: Record<string, string> = {
  "a greenlet that is killed in its sleep, as the search calls it":
    "read:0 | kill:0 send:1 | group:1{send:1}",
  "a wait for a promise that is killed": "awaitPromise:0 | resolve:0 | kill:0",
  "a park by hand that two wake": "park:0 | turn:0 wakeParked:0 | wakeParked:0",
  "a park by hand that is killed": "park:0 | turn:0 wakeParked:0 | kill:0",
  "what stands in a tracked object": "listInside:0 |  | listSum:0 freeNext:0",
  "what stands in a tracked map": "mapInside:0 | mapSum:0 | mapInside:1",
  "a function in a tracked object": "recordCallSet:0 turn:0 | recordCall:0 | recordCallSet:0",
  "own properties of a tracked object": "recordHas:0 | recordSet:0 | recordDelete:0",
  "the name of another": " | rename:0 | name:0 sleep2:1",
  "a signal": "holdSignal:1 heldAborted:0 | sleep2:0 | kill:1",
  "a signal that follows others": "isEither:0 turn:0 | turn:0 abort:0 | whenEither:0",
  "a listener of a signal that follows others": "whenEither:0 selectChannelSleep:1 | abort:1",
  "another's timeout": "timeoutStart:0 sleep1:0 turn:0 | sleep1:0 timeoutCancel:0 | timeoutPending:0",
};

function parse(text: string): Program {
  return text.split("|").map((part) => {
    const words = part.match(/\w+:\d+|[{}]/g) ?? [];
    const block = (): Statement[] => {
      const all: Statement[] = [];
      for (let word = words.shift(); word !== undefined && word !== "}"; word = words.shift()) {
        const [op, n] = word.split(":");
        const hasBlock = words[0] === "{" && words.shift() === "{";
        all.push({ op, n: Number(n), ...(hasBlock ? { block: block() } : {}) });
      }
      return all;
    };
    return block();
  });
}

describe("the reduced search", () => {
  for (const [name, text] of Object.entries(KNOWN)) {
    test(`sees every outcome of ${name}`, () => {
      const found = difference(parse(text), 10_000);
      assert(found !== null && found.full.seen.size > 0);
      assertEquals(found.missed, []);
    });
  }

  for (let from = 0; from < PROGRAMS; from += BATCH) {
    test(`sees every outcome of the random programs from ${from} on`, () => {
      let all = 0, less = 0;
      for (let seed = from; seed < from + BATCH; seed++) {
        const found = difference(randomProgram(seed, 2 + seed % 2, 2 + seed % 4), MOST);
        if (found === null) continue; // too large to compare
        all += found.full.schedules;
        less += found.less.schedules;
        assertEquals(found.missed, [], `program ${seed}`);
        assert(!found.less.cut, `program ${seed} takes more schedules reduced than whole`);
      }
      assert(less * 2 < all, `${less} schedules instead of ${all} are no reduction`);
    }, { timeout: 600_000 });
  }
});
