/** The laws of clocks. They need no simulation: a clock is what runs stand on. */
import type { AlarmClient, Clock } from "../../core/mod.ts";
import { systemClock } from "../../host/mod.ts";
import { need, same } from "./law_kit.ts";
import { type Law, LawsBroken, type LawSuite, suiteOf } from "./law_suite.ts";

/** A clock whose time passes by hand. */
export interface ManualClock extends Clock {
  /** So many milliseconds pass; what becomes due by it rings. */
  tick(ms: number): void;
}

/** Whom alarms of the laws call. */
class Bell implements AlarmClient {
  readonly rings: number[] = [];
  /** False: a clock that jumps has nobody to jump for. */
  readonly isIdle: boolean = false;
  private readonly clock: Clock;
  private readonly then: () => void;

  constructor(clock: Clock, then: () => void = () => {}) {
    this.clock = clock;
    this.then = then;
  }

  ring(): void {
    this.rings.push(this.clock.now());
    this.then();
  }
}

type Say = (name: string, body: (clock: ManualClock, start: number) => void) => Law;

function alarmLaws(say: Say): Law[] {
  return [
    say("now is a number of milliseconds, and never goes back", (clock, start) => {
      need(Number.isFinite(start), `now is ${start}, not a number`);
      let before = start;
      for (const ms of [0, 1, 0.5, 1_000]) {
        clock.tick(ms);
        const now = clock.now();
        need(now >= before, `now went back from ${before} to ${now}`);
        before = now;
      }
      need(Math.abs(before - start - 1_001.5) < 1e-6, `1001.5 ms passed, and now moved by ${before - start}`);
    }),

    say("an alarm rings once, at its time, and not early", (clock, start) => {
      const bell = new Bell(clock);
      clock.alarm(bell, start + 10, true);
      same(bell.rings, [], "rings inside of alarm()");
      clock.tick(9);
      same(bell.rings, [], "rings before the time");
      clock.tick(1);
      same(bell.rings, [start + 10], "rings at the time");
      clock.tick(100);
      same(bell.rings.length, 1, "rings in all");
    }),

    say("an alarm whose time is over rings at the next moment, and not inside of alarm()", (clock, start) => {
      const bell = new Bell(clock);
      clock.alarm(bell, start - 5, true);
      same(bell.rings, [], "rings inside of alarm()");
      clock.tick(0);
      same(bell.rings.length, 1, "rings");
    }),

    say("a new alarm replaces the earlier one", (clock, start) => {
      const later = new Bell(clock), sooner = new Bell(clock);
      clock.alarm(later, start + 5, true);
      clock.alarm(later, start + 10, true);
      clock.alarm(sooner, start + 10, true);
      clock.alarm(sooner, start + 5, true);
      clock.tick(5);
      same([later.rings.length, sooner.rings.length], [0, 1], "rings after 5 ms");
      clock.tick(5);
      same([later.rings.length, sooner.rings.length], [1, 1], "rings after 10 ms");
    }),

    say("Infinity takes an alarm away", (clock, start) => {
      const bell = new Bell(clock);
      clock.alarm(bell, Infinity, true);
      clock.alarm(bell, start + 5, true);
      clock.alarm(bell, Infinity, true);
      clock.tick(1e9);
      same(bell.rings, [], "rings");
    }),

    say("each client has an alarm of its own", (clock, start) => {
      const a = new Bell(clock), b = new Bell(clock), c = new Bell(clock);
      clock.alarm(a, start + 5, true);
      clock.alarm(b, start + 7, true);
      clock.alarm(c, start + 5, true);
      clock.alarm(a, Infinity, true);
      clock.tick(6);
      same([a.rings.length, b.rings.length, c.rings.length], [0, 0, 1], "rings after 6 ms");
      clock.tick(1);
      same([a.rings.length, b.rings.length, c.rings.length], [0, 1, 1], "rings after 7 ms");
    }),

    say("an alarm may be set, moved and taken away while another rings", (clock, start) => {
      const taken = new Bell(clock), moved = new Bell(clock);
      const first: Bell = new Bell(clock, () => {
        if (first.rings.length > 1) return;
        clock.alarm(first, start + 20, true);
        clock.alarm(taken, Infinity, true);
        clock.alarm(moved, start + 20, true);
      });
      clock.alarm(first, start + 10, true);
      clock.alarm(taken, start + 10, true);
      clock.alarm(moved, start + 10, true);
      clock.tick(10);
      same(
        [first.rings.length, taken.rings.length, moved.rings.length],
        [1, 0, 0],
        "rings after 10 ms: of the first, of one that it took away, of one that it moved",
      );
      clock.tick(10);
      same([first.rings.length, taken.rings.length, moved.rings.length], [2, 0, 1], "rings after 20 ms");
    }),

    say("ref says only what keeps the program alive: an alarm without it rings, too", (clock, start) => {
      const bell = new Bell(clock);
      clock.alarm(bell, start + 5, false);
      clock.tick(5);
      same(bell.rings.length, 1, "rings");
    }),

    say("advance goes to the deadline, or says that it did not", (clock, start) => {
      const bell = new Bell(clock);
      if (clock.advance === undefined) return;
      const did = clock.advance(bell, start + 50);
      const passed = clock.now() - start;
      need(did ? passed >= 50 : passed < 50, `advance by 50 ms gave ${did}, and ${passed} ms passed`);
      if (!did) return;
      clock.advance(bell, start);
      need(clock.now() >= start + 50, "advance to a moment that is over went back in time");
    }),
  ];
}

function lawsOf(make: () => ManualClock): Law[] {
  const say: Say = (name, body) => ({
    name,
    check() {
      const clock = make();
      body(clock, clock.now());
    },
  });
  return alarmLaws(say);
}

// ---- clocks that nobody turns

/** How long the alarms of the real laws take, in milliseconds. */
const SHORT = 20;

interface RealLaw {
  readonly name: string;
  check(clock: Clock): Promise<void>;
}

/** After so many milliseconds an alarm counts as one that never rings. */
const PATIENCE = 1_000;

/** Waits for `ms`, by that clock. */
function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`an alarm of ${ms} ms has not rung after ${PATIENCE} ms`));
    const guard: AlarmClient = { ring: late, isIdle: true };
    systemClock.alarm(guard, systemClock.now() + PATIENCE, true);
    const ring = (): void => {
      systemClock.alarm(guard, Infinity, true);
      resolve();
    };
    clock.alarm({ ring, isIdle: true }, clock.now() + ms, true);
  });
}

function realLaws(): RealLaw[] {
  return [
    {
      name: "now is a number of milliseconds, and never goes back",
      async check(clock) {
        let before = clock.now();
        need(Number.isFinite(before), `now is ${before}, not a number`);
        for (let i = 0; i < 1_000; i++) {
          const now = clock.now();
          need(now >= before, `now went back from ${before} to ${now}`);
          before = now;
        }
        await pass(clock, SHORT);
        need(clock.now() - before >= SHORT, `an alarm of ${SHORT} ms came after ${clock.now() - before} ms`);
      },
    },
    {
      name: "an alarm rings once, and not early",
      async check(clock) {
        const bell = new Bell(clock), deadline = clock.now() + SHORT;
        clock.alarm(bell, deadline, true);
        same(bell.rings, [], "rings inside of alarm()");
        await pass(clock, 3 * SHORT);
        same(bell.rings.length, 1, "rings");
        need(bell.rings[0] >= deadline, `it rang ${deadline - bell.rings[0]} ms early`);
      },
    },
    {
      name: "an alarm whose time is over rings soon, and not inside of alarm()",
      async check(clock) {
        const bell = new Bell(clock);
        clock.alarm(bell, clock.now() - 5, true);
        same(bell.rings, [], "rings inside of alarm()");
        await pass(clock, SHORT);
        same(bell.rings.length, 1, "rings");
      },
    },
    {
      name: "a new alarm replaces the earlier one, and Infinity takes it away",
      async check(clock) {
        const now = clock.now();
        const later = new Bell(clock), sooner = new Bell(clock), none = new Bell(clock);
        clock.alarm(later, now + 1, true);
        clock.alarm(later, now + 2 * SHORT, true);
        clock.alarm(sooner, now + 1e6, false);
        clock.alarm(sooner, now + 1, true);
        clock.alarm(none, now + 1, true);
        clock.alarm(none, Infinity, true);
        await pass(clock, 3 * SHORT);
        same([later.rings.length, sooner.rings.length, none.rings.length], [1, 1, 0], "rings");
        need(later.rings[0] >= now + 2 * SHORT, "an alarm that was moved rang at its earlier time");
      },
    },
    {
      name: "an alarm further away than the host's timers reach does not ring at once",
      async check(clock) {
        const bell = new Bell(clock);
        clock.alarm(bell, clock.now() + 2 ** 40, false);
        await pass(clock, SHORT);
        clock.alarm(bell, Infinity, true);
        same(bell.rings, [], "rings");
      },
    },
  ];
}

/** The laws of clocks, and those for clocks whose time nobody turns. */
export interface ClockLaws extends LawSuite<() => ManualClock, object> {
  /**
   * Checks a clock whose time passes by itself; takes some 60 ms. What `ref` does is not seen from inside of a program.
   *
   * @throws {@linkcode LawsBroken}, as a rejection.
   */
  real(make: () => Clock): Promise<readonly string[]>;
}

/** All at the same time: each waits for alarms of its own. */
async function real(make: () => Clock): Promise<readonly string[]> {
  const broken: { law: Law; error: unknown }[] = [], held: string[] = [];
  const ends = await Promise.allSettled(realLaws().map(async ({ check }) => await check(make())));
  realLaws().forEach(({ name }, i) => {
    const end = ends[i];
    if (end.status === "fulfilled") held.push(name);
    else broken.push({ law: { name, check: () => {} }, error: end.reason });
  });
  if (broken.length > 0) throw new LawsBroken("clocks", broken, held);
  return held;
}

/** See `laws`. */
export const clockLaws: ClockLaws = Object.assign(suiteOf("clocks", lawsOf, {}), { real });
