// Timeouts and scopes.
import {
  CancelScope,
  cancelScope,
  failAfter,
  moveOnAfter,
  type Op,
  sleep,
  Timeout,
  withTimeout,
} from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

declare const n: Op<number>;
function* text() {
  yield* sleep(1);
  return "text";
}

export function* program() {
  is<number>()(yield* withTimeout(5, n));
  is<string>()(yield* withTimeout(5, text));
  is<string>()(yield* withTimeout(5, text()));
  is<boolean>()(yield* withTimeout(5, Promise.resolve(true)));
  is<number | undefined>()(yield* withTimeout(5, n, { value: undefined }));
  is<number | "late">()(yield* withTimeout(5, n, { value: "late" as const }));
  is<number>()(yield* withTimeout(undefined, n));

  is<string | undefined>()(yield* moveOnAfter(5, text));
  is<string>()(yield* failAfter(5, text));
  is<number | undefined>()(
    yield* moveOnAfter(5, (s) => {
      is<CancelScope>()(s);
      return 1;
    }),
  );
  is<string | undefined>()(yield* cancelScope({ timeout: 5, deadline: 5, shield: true, grace: 5 }, text));
  const scope = new CancelScope();
  is<number | undefined>()(yield* scope.run(() => n));
  is<void>()(scope.cancel("reason"));
  for (const flag of [scope.cancelledCaught, scope.cancelCalled, scope.shield]) is<boolean>()(flag);
  is<number>()(scope.deadline);
  scope.deadline = 5;
  scope.shield = true;

  using t = Timeout.start(5, { message: "late" });
  is<Timeout>()(t);
  is<boolean>()(t.pending);
  is<void>()(t.start());
  is<void>()(t.cancel());
  const error: Error = new Timeout();

  // @ts-expect-error: read-only
  scope.cancelledCaught = true;
  // @ts-expect-error: milliseconds come first
  withTimeout(n, 5);
  // @ts-expect-error: milliseconds are a number
  sleep("5");
  // @ts-expect-error: no such option
  withTimeout(5, n, { default: 1 });
  // @ts-expect-error: options come first
  cancelScope(text);
  // @ts-expect-error: it may be undefined
  const sure: string = yield* moveOnAfter(5, text);
  return [error, sure];
}
