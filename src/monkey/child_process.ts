/**
 * `node:child_process`: a child ends with the greenlet that has started it.
 *
 * Everything that starts a child goes through `ChildProcess.prototype.spawn`, `exec` and `fork` too, and also what was
 * imported before the patch. A kill sends SIGTERM at once, and SIGKILL after a second to a child that is still there;
 * who waits for the child hears the reason as its "error", as with a signal that is aborted. A child's own children are
 * its own business, but after that second what they still hold of its pipes is let go.
 *
 * A child that is made to outlive its parent, `detached` and then `unref`ed, is left alone.
 */
import { runtimeName, surface } from "../host/io.ts";
import { type Binding, bound, Operation } from "./binding.ts";
import { asNobody, type Inside, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";
import type { Target } from "./target.ts";
import { GRACE } from "./child_end.ts";
import { type BackgroundTimer, inBackground } from "./background.ts";

interface Stream {
  readonly destroyed: boolean;
  destroy(error?: unknown): void;
  on(event: string, listener: () => void): unknown;
}

interface Child {
  pid: number | undefined;
  spawnfile: string;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  readonly stdout: Stream | null | undefined;
  readonly stderr: Stream | null | undefined;
  readonly stdio: readonly (Stream | null | undefined)[] | undefined;
  kill(signal: string): boolean;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
  listenerCount(event: string): number;
}

interface Process {
  kill(pid: number, signal: string): void;
}

interface Options {
  readonly file?: unknown;
  readonly args?: unknown;
  readonly detached?: unknown;
}

/** Children that were started as leaders of a group of their own. */
const detached = new WeakMap<Child, Operation>();

const nothing = () => {};

/** No program has this path: who is refused is told that there is none. */
const NOWHERE = "/tendril/refused";

function wrapSpawn(original: Callable): Callable {
  return function spawn(this: Child, ...args: unknown[]): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, args);
    if (binding.isOver) return refuse(this, binding.reason, original, args);
    const result = start(this, original, args);
    if (this.pid !== undefined) watch(this, binding, args[0] as Options);
    return result;
  };
}

let depth = 0;

/** Whether what is asked of the runtime now is the start of a child that is looked after here: Bun asks its own `spawn`. */
export function startsNodeChild(): boolean {
  return depth > 0;
}

function start(child: Child, original: Callable, args: unknown[]): unknown {
  depth++;
  try {
    return Reflect.apply(original, child, args);
  } finally {
    depth--;
  }
}

function watch(child: Child, binding: Binding, options: Options): void {
  const inside: Inside = keepContext();
  const line = Array.isArray(options.args) ? options.args.join(" ") : String(options.file);
  let hasExited = false;
  let grace: BackgroundTimer | null = null;
  const operation = new Operation(binding, "child process", line, {
    abort(reason) {
      inside(() => {
        if (!hasExited) signal(child, "SIGTERM");
        grace = inBackground(GRACE, () => endHard(child, hasExited));
        // Without a listener it would end the program.
        if (child.listenerCount("error") > 0) child.emit("error", reason);
      });
    },
  });
  child.once("exit", () => {
    hasExited = true;
    // Before it ends by itself, as if all had been said.
    if (grace !== null) {
      for (const stream of [child.stdout, child.stderr]) cut(stream, operation.binding.reason);
    }
  });
  child.once("close", () => {
    operation.done();
    detached.delete(child);
    grace?.stop();
  });
  if (options.detached === true) detached.set(child, operation);
}

/** Deno's `child.kill` closes the pipes of a child that may have something to say yet, and kills no child twice. */
function signal(child: Child, name: string): void {
  if (runtimeName() !== "Deno") {
    child.kill(name);
    return;
  }
  try {
    (surface("process") as Process).kill(child.pid as number, name);
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error; // it has ended, and we are about to hear of it
  }
}

/** Its reader hears the reason. */
function cut(stream: Stream | null | undefined, reason: unknown): void {
  if (stream === null || stream === undefined || stream.destroyed) return;
  stream.on("error", nothing);
  stream.destroy(reason);
}

function endHard(child: Child, hasExited: boolean): void {
  if (!hasExited) signal(child, "SIGKILL");
  for (const stream of child.stdio ?? []) stream?.destroy();
}

/** Fails it the way a program fails that is not there, but with the reason. */
function refuse(child: Child, reason: unknown, original: Callable, args: unknown[]): unknown {
  const options = args[0] as Options;
  child.on("error", nothing);
  const { emit } = child;
  child.emit = function (event, ...rest): boolean {
    if (event !== "error") return Reflect.apply(emit, this, [event, ...rest]);
    return Reflect.apply(emit, this, [event, reason]);
  };
  Object.defineProperty(child, "emit", { enumerable: false });
  // What is wrong with the options it says itself.
  const file = typeof options?.file === "string" ? NOWHERE : options?.file;
  // As nobody, for Bun's own `spawn` would refuse it by throwing.
  const result = asNobody(() => start(child, original, [{ ...options, file }]));
  child.spawnfile = String(options.file);
  return result;
}

function wrapUnref(original: Callable): Callable {
  return function unref(this: Child, ...args: unknown[]): unknown {
    detached.get(this)?.done();
    return Reflect.apply(original, this, args);
  };
}

/** See the top of the file. */
export const childProcessTargets: readonly Target[] = [
  { group: "childProcess", module: "child_process.ChildProcess.prototype", name: "spawn", wrap: wrapSpawn },
  { group: "childProcess", module: "child_process.ChildProcess.prototype", name: "unref", wrap: wrapUnref },
];
