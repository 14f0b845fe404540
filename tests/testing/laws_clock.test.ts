/** Clocks that are broken on purpose. */
import type { AlarmClient, Clock } from "../../src/lowlevel.ts";
import { laws, LawsBroken, type ManualClock } from "../../src/testing/mod.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { describe, test } from "../harness.ts";
import { caught } from "./laws_kit.ts";

/** What is wrong with a clock. */
interface Wrong {
  /** Time goes back now and then. */
  back?: boolean;
  /** Alarms ring so many milliseconds early. */
  early?: number;
  /** An alarm rings again and again. */
  again?: boolean;
  /** An alarm whose time is over rings inside of alarm(). */
  inside?: boolean;
  /** The first alarm stays. */
  keeps?: boolean;
  /** Infinity is a moment that never comes, and the alarm before it stays. */
  noInfinity?: boolean;
  /** One alarm for all. */
  one?: boolean;
  /** What rings together is fixed before the first rings. */
  fixed?: boolean;
  /** An alarm without ref does not ring. */
  deaf?: boolean;
  /** It says that it has jumped, and has not. */
  lies?: boolean;
}

/** A clock that is turned by hand, right but for what its flags say. */
class HandMade implements ManualClock {
  private time = 100;
  private readonly alarms: Map<AlarmClient, number> = new Map();
  private readonly wrong: Wrong;

  constructor(wrong: Wrong) {
    this.wrong = wrong;
  }

  now(): number {
    return this.time;
  }

  alarm(client: AlarmClient, deadline: number, ref: boolean): void {
    const { wrong, alarms } = this;
    if (wrong.deaf === true && !ref) return;
    if (wrong.inside === true && deadline <= this.time) return client.ring();
    if (wrong.one === true) alarms.clear();
    if (deadline === Infinity && wrong.noInfinity !== true) alarms.delete(client);
    else if (deadline !== Infinity && !(wrong.keeps === true && alarms.has(client))) {
      alarms.set(client, deadline);
    }
  }

  tick(ms: number): void {
    const { wrong, alarms } = this;
    this.time += wrong.back === true && ms === 0.5 ? -ms : ms;
    const isDue = (deadline: number) => deadline - (wrong.early ?? 0) <= this.time;
    const fixed = [...alarms].filter(([, deadline]) => isDue(deadline));
    for (const [client] of fixed) {
      const deadline = alarms.get(client);
      if (wrong.fixed !== true && (deadline === undefined || !isDue(deadline))) continue;
      if (wrong.again !== true) alarms.delete(client);
      client.ring();
    }
  }

  advance(_client: AlarmClient, deadline: number): boolean {
    if (this.wrong.lies !== true && deadline > this.time) this.time = deadline;
    return true;
  }
}

const wrong = (flags: Wrong) => () => new HandMade(flags);

caught("clocks", laws.clock, [[wrong({}), {}]], [
  { name: "one that goes back", make: wrong({ back: true }), breaks: ["now is a number"] },
  { name: "alarms that ring early", make: wrong({ early: 2 }), breaks: ["an alarm rings once"] },
  { name: "alarms that ring again", make: wrong({ again: true }), breaks: ["an alarm rings once"] },
  {
    name: "alarms that ring at the call",
    make: wrong({ inside: true }),
    breaks: ["an alarm whose time is over"],
  },
  { name: "a first alarm that stays", make: wrong({ keeps: true }), breaks: ["a new alarm replaces"] },
  { name: "one that does not know Infinity", make: wrong({ noInfinity: true }), breaks: ["Infinity takes"] },
  { name: "one alarm for all clients", make: wrong({ one: true }), breaks: ["each client has"] },
  {
    name: "alarms that cannot be moved while one rings",
    make: wrong({ fixed: true }),
    breaks: ["an alarm may be set"],
  },
  { name: "alarms that need ref to ring", make: wrong({ deaf: true }), breaks: ["ref says only"] },
  { name: "one that says that it jumps", make: wrong({ lies: true }), breaks: ["advance goes"] },
]);

test("the one made by hand keeps the laws where nothing is wrong with it", () => {
  assertEquals(laws.clock(wrong({})).length, 9);
});

/** A clock that runs, on the host's timers, right but for what its flags say. */
class Running implements Clock {
  private readonly alarms: Map<AlarmClient, ReturnType<typeof setTimeout>> = new Map();
  private readonly wrong: {
    early?: boolean;
    keeps?: boolean;
    short?: boolean;
    inside?: boolean;
    noTime?: boolean;
    silent?: boolean;
  };

  constructor(wrong: Running["wrong"]) {
    this.wrong = wrong;
  }

  now(): number {
    return this.wrong.noTime === true ? NaN : performance.now();
  }

  alarm(client: AlarmClient, deadline: number): void {
    const { early = false, keeps = false, short = false, inside = false } = this.wrong;
    if (!keeps) clearTimeout(this.alarms.get(client));
    if (deadline === Infinity || this.wrong.silent === true) return;
    const left = deadline - performance.now();
    if (inside && left <= 0) return client.ring();
    if (early) return queueMicrotask(() => client.ring());
    const ms = short ? Math.min(left, 1) : Math.min(left, 2 ** 31 - 1);
    const ring = (): void => {
      if (!short && performance.now() < deadline) return this.alarm(client, deadline);
      client.ring();
    };
    const handle: unknown = setTimeout(ring, Number.isNaN(ms) ? 0 : Math.max(0, ms));
    (handle as { unref?(): void }).unref?.(); // what stays behind keeps nothing alive
    this.alarms.set(client, handle as ReturnType<typeof setTimeout>);
  }
}

describe("laws of clocks that run catch", () => {
  const cases: [string, Running["wrong"], string][] = [
    ["one that has no time", { noTime: true }, "now is a number"],
    ["alarms that never ring", { silent: true }, "an alarm rings once, and not early"],
    ["alarms that ring early", { early: true }, "an alarm rings once, and not early"],
    ["alarms that ring at the call", { inside: true }, "an alarm whose time is over"],
    ["alarms that stay", { keeps: true }, "a new alarm replaces"],
    ["alarms that are cut short", { short: true }, "an alarm further away"],
  ];
  for (const [name, flags, law] of cases) {
    test(name, async () => {
      const { broken } = await assertRejects(() => laws.clock.real(() => new Running(flags)), LawsBroken);
      assert(broken.some((one) => one.startsWith(law)), `${law} is not among ${broken}`);
    }, { timeout: 30_000 });
  }

  test("nothing where nothing is wrong", async () => {
    assertEquals((await laws.clock.real(() => new Running({}))).length, 5);
  });
});
