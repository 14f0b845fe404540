/**
 * Whose file call it is. What the host calls for itself while one of its own calls is made is part of that call: a stream
 * reads by `fs.read`, in the context of whoever happened to ask for more, and `fs.writeFile` opens a file by `fs.open`. None
 * of these is bound, counted or closed once more; a stream of others, read by a greenlet that is killed, goes on.
 */
import { type Binding, bound } from "./binding.ts";
import { asNobody, keepContext } from "./context.ts";
import type { Callable } from "./layer.ts";

/** A call of the host's is being made. */
let isHosts = false;

/** Like {@linkcode bound}, but null inside of a call of the host's. */
export function here(): Binding | null {
  return isHosts ? null : bound();
}

/** Calls `original`; whatever it calls before it returns belongs to it. */
export function asHost(original: Callable, self: unknown, args: readonly unknown[]): unknown {
  const before = isHosts;
  isHosts = true;
  try {
    return Reflect.apply(original, self, args);
  } finally {
    isHosts = before;
  }
}

/**
 * The same for a call that is over later: what it calls by then is not bound either. It runs as nobody, so callbacks that it
 * is given have to bring their context.
 */
export function detached(original: Callable, self: unknown, args: readonly unknown[]): unknown {
  return asNobody(() => asHost(original, self, args));
}

/** The arguments of `cp` or `glob`, where functions among the options run in the user's context. */
export function inContext(args: readonly unknown[]): readonly unknown[] {
  const at = args.findIndex((arg) =>
    isOptions(arg) && FUNCTIONS.some((name) => typeof arg[name] === "function")
  );
  if (at === -1) return args;
  const options: Record<string, unknown> = { ...args[at] as object };
  const inside = keepContext();
  for (const name of FUNCTIONS) {
    const f = options[name];
    if (typeof f !== "function") continue;
    options[name] = function (this: unknown, ...given: unknown[]): unknown {
      let result: unknown;
      inside(() => result = Reflect.apply(f, this, given));
      return result;
    };
  }
  return args.with(at, options);
}

const FUNCTIONS = ["filter", "exclude"];

/** And no path or pattern. */
function isOptions(arg: unknown): arg is Record<string, unknown> {
  return typeof arg === "object" && arg !== null && !ArrayBuffer.isView(arg) && !Array.isArray(arg);
}

/** Over what the host's own streams do: their calls are no greenlet's. */
export function wrapHosts(original: Callable): Callable {
  return function (this: unknown, ...args: unknown[]): unknown {
    return asHost(original, this, args);
  };
}

/** A path or what stands for one, for reports. */
export function pathOf(path: unknown): string {
  if (typeof path === "number") return `fd ${path}`;
  if (typeof path === "string") return path;
  if (path instanceof URL) return path.pathname;
  if (path instanceof Uint8Array) return new TextDecoder().decode(path);
  return "";
}
