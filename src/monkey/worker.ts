/**
 * Workers, of `node:worker_threads` and of the web: terminated with the greenlet that has started them.
 *
 * Termination is the host's: Deno's leaves a loop that never ends alone, and Bun's one inside of WebAssembly.
 */
import { type Binding, bound, Operation } from "./binding.ts";
import { type Inside, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";
import { standIn } from "./stand_in.ts";
import type { Target } from "./target.ts";

interface NodeWorker {
  terminate(): unknown;
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
  emit(event: string, error: unknown): unknown;
}

interface WebWorker {
  terminate(): void;
  addEventListener(event: string, listener: () => void, options: { once: boolean }): void;
  dispatchEvent(event: Event): void;
}

const operations = new WeakMap<object, Operation>();
const nothing = () => {};

function watch(worker: { terminate(): unknown }, binding: Binding, file: unknown): Operation {
  const inside: Inside = keepContext();
  const operation = new Operation(binding, "Worker", String(file).slice(0, 100), {
    abort: () =>
      inside(() => {
        const ended = worker.terminate();
        if (ended instanceof Promise) ended.catch(nothing);
      }),
  });
  operations.set(worker, operation);
  return operation;
}

function wrapNode(original: Callable): Callable {
  return standIn(original, (args, make) => {
    const binding = bound();
    if (binding === null) return make(...args);
    if (binding.isOver) return refuseNode(make, binding.reason);
    const worker = make(...args) as NodeWorker;
    const operation = watch(worker, binding, args[0]);
    worker.once("exit", () => operation.done());
    return worker;
  });
}

/** One that has nothing to do, and fails with the reason. */
function refuseNode(make: (...args: unknown[]) => object, reason: unknown): object {
  const worker = make("", { eval: true }) as NodeWorker;
  worker.on("error", nothing);
  queueMicrotask(() => {
    worker.emit("error", reason);
    worker.terminate();
  });
  return worker;
}

function wrapWeb(original: Callable): Callable {
  return standIn(original, (args, make) => {
    const binding = bound();
    if (binding === null) return make(...args);
    if (binding.isOver) return refuseWeb(make, binding.reason);
    const worker = make(...args) as WebWorker;
    const operation = watch(worker, binding, args[0]);
    worker.addEventListener("close", () => operation.done(), { once: true }); // Bun's has such an event
    return worker;
  });
}

function refuseWeb(make: (...args: unknown[]) => object, reason: unknown): object {
  const worker = make("data:text/javascript,", { type: "module" }) as WebWorker;
  queueMicrotask(() => {
    const message = reason instanceof Error ? reason.message : String(reason);
    // No window catches it: nobody reports it.
    worker.dispatchEvent(new ErrorEvent("error", { error: reason, message, cancelable: true }));
    worker.terminate();
  });
  return worker;
}

function wrapTerminate(original: Callable): Callable {
  return function terminate(this: object, ...args: unknown[]): unknown {
    operations.get(this)?.done();
    return Reflect.apply(original, this, args);
  };
}

const group = "childProcess";

/** See the top of the file. */
export const workerTargets: readonly Target[] = [
  { group, module: "worker_threads", name: "Worker", wrap: wrapNode },
  { group, module: "globalThis", name: "Worker", wrap: wrapWeb },
  { group, module: "Worker.prototype", name: "terminate", wrap: wrapTerminate },
];
