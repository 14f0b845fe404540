/** Programs around pools and their streams. */
import { expect, type Program } from "../kit.ts";

/** Never more than there are slots. */
export const slots: Program = ({ Pool, sleep, spawn }, { cell }) =>
  function* () {
    const pool = new Pool(1), inside = cell(0);
    const job = function* () {
      expect(++inside.value === 1, "one at a time");
      yield* sleep(0);
      inside.value--;
    };
    for (const name of ["a", "b", "c"]) {
      spawn({ name }, function* () {
        yield* pool.spawn(job);
      });
    }
    yield* sleep(1);
  };

/** A slot that is free again goes to whoever waits for it. */
export const freeAgain: Program = ({ Pool, spawn }) =>
  function* () {
    const pool = new Pool(1);
    for (const name of ["a", "b"]) {
      spawn({ name }, function* () {
        yield* pool.spawn({ name: `job of ${name}` }, function* () {});
      });
    }
    yield* spawn({ name: "last" }, function* () {});
  };

/** The input has ended, the calls have not. */
export const slowCalls: Program = ({ collect, Pool, sleep }) =>
  function* () {
    const pool = new Pool(2);
    const double = function* (n: number) {
      if (n > 1) yield* sleep(1);
      return 2 * n;
    };
    const all = yield* collect(pool.imapUnordered(double, [1, 2]));
    expect(all.length === 2, `two results come, not ${all.length}`);
  };

/** Whoever takes a result makes room for the next. */
export const roomForResults: Program = ({ collect, Pool }) =>
  function* () {
    const all = yield* collect(new Pool(2).imap((n: number) => n, [1, 2], { maxsize: 1 }));
    expect(all.join() === "1,2", "both results come");
  };

/** Once a stream is closed, no call begins. */
export const closed: Program = ({ Pool, sleep, spawn }, { cell }) =>
  function* () {
    const pool = new Pool(1), over = cell(false), late = cell(false);
    const call = () => {
      if (over.value) late.value = true;
    };
    yield* pool.spawn({ name: "busy" }, () => sleep(0));
    const stream = pool.imap(call, [1]);
    spawn({ name: "closer" }, () => {
      stream.close?.();
      over.value = true;
    });
    yield* sleep(1);
    expect(!late.value, "no call begins once it is closed");
  };
