// Task groups and resources.
import {
  type Greenlet,
  Local,
  type Op,
  type Provide,
  resource,
  sleep,
  type Started,
  TaskGroup,
  taskGroup,
} from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

export function* program() {
  const result = yield* taskGroup(function* (tg) {
    is<TaskGroup>()(tg);
    is<Greenlet<number>>()(tg.spawn(() => 1));
    is<Greenlet<string>>()(tg.spawn({ name: "x" }, (s: string) => s, "y"));
    is<Greenlet<boolean>>()(tg.spawn(function* () {
      yield* sleep(1);
      return true;
    }()));
    is<void>()(tg.cancel("reason"));

    const port = yield* tg.start(function* (started: Started<number>, host: string) {
      started(host.length);
      yield* sleep(1);
    }, "localhost");
    is<number>()(port);
    is<void>()(yield* tg.start((started: Started<void>) => started()));

    // @ts-expect-error: an argument is missing
    tg.start(function* (_started: Started<number>, _host: string) {});
    // @ts-expect-error: of the wrong type
    tg.start((started: Started<number>) => started("text"));
    // @ts-expect-error: nothing to run
    tg.spawn(5);
    return "result";
  }, { grace: 5 });
  is<string>()(result);

  is<number>()(
    yield* resource<number>(function* (provide) {
      is<Provide<number>>()(provide);
      try {
        yield* provide(5);
      } finally {
        yield* sleep(1);
      }
    }),
  );
  const opened: Op<{ close(): void }> = resource<{ close(): void }>(function* (provide) {
    yield* provide({ close() {} });
  });
  // @ts-expect-error: of the wrong type
  resource<number>((provide) => provide("text"));
  // @ts-expect-error: no such option
  taskGroup(() => 1, { timeout: 5 });
  return opened;
}

const user = new Local(() => "nobody", { inherit: true });
is<string>()(user.get());
is<void>()(user.set("ann"));
const bare = new Local<number>();
bare.set(5);
// @ts-expect-error: of the wrong type
user.set(5);
// @ts-expect-error: no such option
new Local(() => 1, { inherits: true });
