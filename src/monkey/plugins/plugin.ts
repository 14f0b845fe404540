/**
 * What plugins are made of: patches of a library's own prototypes, and the context of nobody.
 *
 * A library keeps things that outlive whoever made them necessary: connections, timers. What a greenlet's call opens for
 * all is opened as nobody, or it would be stopped with that greenlet; and what the library calls back for a greenlet is
 * called in that greenlet's context, not in the context of whoever happened to answer.
 */
import { outside } from "../../core/mod.ts";
import { keepContext } from "../context.ts";
import { type Callable, Patch, type Wrap } from "../layer.ts";

/** Keeps the present context. Gives what calls a function in there, whoever runs then. */
export function inThisContext(): <T>(f: () => T) => T {
  const inside = keepContext();
  return (f) => {
    let result: ReturnType<typeof f> | undefined;
    outside(() => inside(() => result = f()));
    return result as ReturnType<typeof f>;
  };
}

interface Installed {
  holders: number;
  readonly patches: readonly Patch[];
}

const installed = new WeakMap<object, Installed>();

/** A method to wrap: where it is looked for, its name, and what is put over it. */
export type Method = readonly [where: object | undefined, name: string, wrap: Wrap];

/**
 * Patches a library, once for all who ask. Disposing what it gives undoes it, when all have.
 *
 * @throws `TypeError` when `key` is no object or has none of the methods.
 */
export function install(
  call: string,
  key: unknown,
  methods: (found: object) => readonly Method[],
): Disposable {
  const isObject = (typeof key === "object" && key !== null) || typeof key === "function";
  if (!isObject) throw notTheModule(call, key);
  let it = installed.get(key);
  if (it === undefined) {
    const patches = methods(key).flatMap(([where, name, wrap]) => {
      const owner = where === undefined ? undefined : ownerOf(where, name);
      return owner === undefined ? [] : [new Patch(owner, name, wrap)];
    });
    if (patches.length === 0) throw notTheModule(call, key);
    for (const patch of patches) patch.install();
    installed.set(key, it = { holders: 0, patches });
  }
  const mine = it;
  mine.holders++;
  let isHeld = true;
  return {
    [Symbol.dispose]() {
      if (!isHeld) return;
      isHeld = false;
      if (--mine.holders > 0) return;
      installed.delete(key);
      for (const patch of [...mine.patches].reverse()) patch.remove();
    },
  };
}

/** Where in a prototype chain a method is. */
function ownerOf(object: object, name: string): object | undefined {
  for (let o: object | null = object; o !== null; o = Object.getPrototypeOf(o)) {
    if (Object.hasOwn(o, name)) return o;
  }
  return undefined;
}

function notTheModule(call: string, key: unknown): TypeError {
  const kind = key === null ? "null" : typeof key;
  return new TypeError(`${call} needs the module itself, as its default import gives it, not this ${kind}`);
}

/** The prototype of a class that may be missing. */
export function prototypeOf(value: unknown): object | undefined {
  return typeof value === "function" ? (value as Callable).prototype : undefined;
}
