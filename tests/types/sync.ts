// Events, results, locks.
import {
  AsyncResult,
  Barrier,
  BoundedSemaphore,
  CapacityLimiter,
  Condition,
  Event,
  type Held,
  Lock,
  type Op,
  RLock,
  Semaphore,
  sleep,
} from "../../src/mod.ts";
import { is } from "./lib/equal.ts";

export function* program() {
  const event = new Event();
  is<void>()(event.set());
  is<void>()(event.clear());
  is<boolean>()(event.isSet);
  is<Op<boolean>>()(event.wait({ timeout: 5 }));

  const result = new AsyncResult<number>();
  is<void>()(result.set(5));
  is<void>()(result.setException(new Error()));
  is<Op<number>>()(result.get({ timeout: 5 }));
  is<number>()(result.getNowait());
  is<boolean>()(result.ready);
  is<boolean>()(result.successful);
  result.link((other) => is<AsyncResult<number>>()(other));

  const semaphore = new Semaphore(5);
  is<Op<boolean>>()(semaphore.acquire({ timeout: 5, permits: 2 }));
  is<boolean>()(semaphore.tryAcquire(2));
  is<void>()(semaphore.release(2));
  is<boolean>()(semaphore.locked);
  is<number>()(semaphore.available);
  const bounded: Semaphore = new BoundedSemaphore(5);

  for (const lock of [semaphore, bounded, new Lock(), new RLock(), new Condition(), new CapacityLimiter(1)]) {
    is<Op<boolean>>()(lock.acquire({ timeout: 5 }));
    is<boolean>()(lock.tryAcquire());
    is<void>()(lock.release());
    is<boolean>()(lock.locked);
    is<Op<string>>()(lock.withLock(() => "x"));
    is<number>()(
      yield* lock.withLock(function* () {
        yield* sleep(1);
        return 1;
      }),
    );
    using held = yield* lock.hold();
    is<Held>()(held);
  }

  const condition = new Condition(new RLock());
  is<Op<boolean>>()(condition.wait({ timeout: 5 }));
  is<Op<boolean>>()(condition.waitFor(() => true, { timeout: 5 }));
  is<void>()(condition.notify(2));
  is<void>()(condition.notifyAll());
  is<Op<number>>()(new Barrier(5).wait());
  const limiter = new CapacityLimiter(5);
  is<number>()(limiter.total);
  limiter.total = 6;

  // @ts-expect-error: of the wrong type
  result.set("text");
  // @ts-expect-error: read-only
  event.isSet = true;
  // @ts-expect-error: a getter
  semaphore.available();
  // @ts-expect-error: no such option
  semaphore.acquire({ permit: 2 });
  // @ts-expect-error: a condition is over a lock
  new Condition(event);
  // @ts-expect-error: a barrier is for some number
  new Barrier();
  // @ts-expect-error: a body is a function
  semaphore.withLock(5);
}
