// tendril/lowlevel.
import { sleep } from "../../src/mod.ts";
import {
  type Chooser,
  type Hooks,
  op,
  park,
  type Parked,
  WAIT,
  Waiter,
  WaitLine,
  waitTime,
  wake,
} from "../../src/lowlevel.ts";
import { is } from "./lib/equal.ts";

export function* program() {
  const line = new WaitLine<string, number>({
    name: () => "line",
    rule: (waiter) => {
      is<Waiter<string, number>>()(waiter);
      is<number>()(waiter.payload);
      return waiter.payload > 0 ? "yes" : WAIT;
    },
    lapse: (waiter) => `late ${waiter.timeout}`,
  });
  is<string>()(yield* line.wait(5, 10));
  is<string>()(yield* line.waitFirmly(5));
  is<number>()(line.size);
  is<number>()(line.wake("value", 2));
  is<void>()(line.serve());
  is<void>()(line.failAll(new Error()));

  is<number>()(
    yield* park<number>("name", (parked) => {
      is<Parked<number>>()(parked);
      is<boolean>()(wake(parked, 5));
      is<boolean>()(parked.fail(new Error()));
      // @ts-expect-error: of the wrong type
      wake(parked, "text");
      return () => {};
    }),
  );
  is<number>()(
    yield* op(function* () {
      yield* sleep(1);
      return 1;
    }),
  );
  is<number>()(waitTime({ timeout: 5 }, "me"));

  // @ts-expect-error: what a waiter gets is a string
  line.wake(5);
  // @ts-expect-error: the payload is a number
  line.wait("5");
  // @ts-expect-error: a line has a rule
  new WaitLine<string>({ name: "x" });
  // @ts-expect-error: a rule gives the value, or WAIT
  new WaitLine<string>({ name: "x", rule: () => 5 });
}

export const hooks: Hooks = {
  parked: (task, waiting) => {
    is<string>()(task.name);
    is<string>()(waiting.describe());
  },
};
export const chooser: Chooser = (ready) => {
  is<string>()(ready[0].name);
  return 0;
};
