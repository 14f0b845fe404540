/**
 * Child processes on Deno. A kill of the greenlet ends the child: SIGTERM, and SIGKILL where that does not help.
 *
 * `Command.output()` never shows its child, so inside of greenlets it is done by `spawn()`; for that the command's own
 * arguments are noted when it is made.
 */
import { type Binding, bound } from "./binding.ts";
import { boundCall } from "./call.ts";
import { bindChild } from "./child_end.ts";
import type { Callable } from "./layer.ts";
import type { Target } from "./target.ts";

interface Status {
  readonly success: boolean;
  readonly code: number;
  readonly signal: string | null;
}

interface Child {
  readonly pid: number;
  readonly status: Promise<Status>;
  kill(signal: string): void;
  output(): Promise<Output>;
}

type Output = Status & { readonly stdout: Uint8Array; readonly stderr: Uint8Array };

interface Options {
  readonly args?: readonly unknown[];
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
}

type CommandClass = new (command: unknown, options?: Options) => { spawn(): Child };

interface Made {
  readonly of: CommandClass;
  readonly command: unknown;
  readonly options: Options;
}

/** What commands were made of. */
const made = new WeakMap<object, Made>();

function lineOf(command: object): string {
  const { command: program, options } = made.get(command) ?? { command: "", options: {} };
  return [program, ...(options.args ?? [])].join(" ");
}

/** The same class in all but that it notes what its objects are made of. */
function wrapCommand(original: Callable): Callable {
  const of = original as unknown as CommandClass;
  function Command(this: unknown, ...args: [unknown, Options?]): object {
    if (new.target === undefined) return Reflect.apply(original, this, args); // throws
    const target: Callable = new.target;
    const command = Reflect.construct(of, args, target === replacement ? of : target) as object;
    made.set(command, { of, command: args[0], options: args[1] ?? {} });
    return command;
  }
  const replacement: Callable = Command;
  Object.defineProperty(replacement, "prototype", { value: original.prototype, writable: false });
  return replacement;
}

/** One that has ended meanwhile is no mistake. */
function kill(child: Child, signal: string): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && (error as Error).name !== "NotFound") throw error;
  }
}

/** Who waits for the status of a child hears of a kill at once. */
function bindStatus(child: Child, target: string): void {
  const { status } = child;
  Object.defineProperty(child, "status", {
    configurable: true,
    get() {
      const binding = bound();
      if (binding === null) return status;
      return boundCall(binding, { what: "status of a child process", target, start: () => status });
    },
  });
}

function wrapSpawn(original: Callable): Callable {
  return function spawn(this: object): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, []);
    if (binding.isOver) throw binding.reason;
    const child = Reflect.apply(original, this, []) as Child;
    const target = lineOf(this);
    bindChild(binding, target, child.status, (signal) => kill(child, signal));
    bindStatus(child, target);
    return child;
  };
}

/** `Command.output()` as `spawn()` and `child.output()`. */
function wrapOutput(original: Callable): Callable {
  return function output(this: object): unknown {
    const binding = bound();
    const it = made.get(this);
    // Where it is refused the original says why; where its making was not seen, it can only be left alone.
    if (binding === null || it?.options.stdin === "piped") return Reflect.apply(original, this, []);
    const target = lineOf(this);
    const start = it === undefined
      ? () => Reflect.apply(original, this, []) as Promise<Output>
      : () => collected(binding, it, target);
    return boundCall(binding, { what: "output of a child process", target, start });
  };
}

function collected(binding: Binding, { of, command, options }: Made, target: string): Promise<Output> {
  const { stdout = "piped", stderr = "piped" } = options;
  const maker = new of(command, { ...options, stdout, stderr });
  const child = Reflect.apply(spawnBelow, maker, []) as Child;
  bindChild(binding, target, child.status, (signal) => kill(child, signal));
  return Reflect.apply(outputBelow, child, []);
}

/** The originals of what `collected` calls. */
let spawnBelow: Callable = () => {};
let outputBelow: Callable = () => {};

function wrapChildOutput(original: Callable): Callable {
  outputBelow = original;
  return function output(this: object): unknown {
    const binding = bound();
    if (binding === null) return Reflect.apply(original, this, []);
    const what = "output of a child process";
    return boundCall(binding, { what, target: "", start: () => Reflect.apply(original, this, []) });
  };
}

/** See the top of the file. */
export const denoProcessTargets: readonly Target[] = [
  { group: "childProcess", module: "Deno", name: "Command", wrap: wrapCommand },
  {
    group: "childProcess",
    module: "Deno.Command.prototype",
    name: "spawn",
    wrap: (original) => wrapSpawn(spawnBelow = original),
  },
  { group: "childProcess", module: "Deno.Command.prototype", name: "output", wrap: wrapOutput },
  { group: "childProcess", module: "Deno.ChildProcess.prototype", name: "output", wrap: wrapChildOutput },
];
