/** `Bun.spawn`, which a kill ends, and `Bun.$`, which it can only leave alone. */
import { bound } from "./binding.ts";
import { boundCall, refused } from "./call.ts";
import { bindChild } from "./child_end.ts";
import { startsNodeChild } from "./child_process.ts";
import type { Callable } from "./layer.ts";
import type { Target } from "./target.ts";

interface Child {
  readonly exited: Promise<number>;
  kill(signal: string): void;
}

function lineOf(args: readonly unknown[]): string {
  const [first] = args;
  const words = Array.isArray(first) ? first : (first as { cmd?: unknown } | undefined)?.cmd;
  return Array.isArray(words) ? words.join(" ") : "";
}

/** Who waits for the exit of a child hears of a kill at once. */
function bindExited(child: Child, target: string): void {
  const { exited } = child;
  Object.defineProperty(child, "exited", {
    configurable: true,
    get() {
      const reader = bound();
      if (reader === null) return exited;
      return boundCall(reader, { what: "exit of a child process", target, start: () => exited });
    },
  });
}

function wrapSpawn(original: Callable): Callable {
  return function spawn(this: unknown, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null || startsNodeChild()) return Reflect.apply(original, this, args);
    if (binding.isOver) throw binding.reason;
    const child = Reflect.apply(original, this, args) as Child;
    const target = lineOf(args);
    bindChild(binding, target, child.exited, (signal) => child.kill(signal));
    bindExited(child, target);
    return child;
  };
}

/** A shell's command begins when it is waited for: one that is refused never does. */
function wrapShellThen(original: Callable): Callable {
  return function then(this: object, ...args: [Callable?, Callable?]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    const [fulfilled, rejected] = args as [never, never];
    if (binding.isOver) return refused(binding).then(fulfilled, rejected);
    const start = () => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      Reflect.apply(original, this, [resolve, reject]);
      return promise;
    };
    return boundCall(binding, { what: "Bun.$", target: "", start }).then(fulfilled, rejected);
  };
}

/** See the top of the file. */
export const bunProcessTargets: readonly Target[] = [
  { group: "childProcess", module: "Bun", name: "spawn", wrap: wrapSpawn },
  { group: "childProcess", module: "Bun.$.ShellPromise.prototype", name: "then", wrap: wrapShellThen },
];
