/**
 * Prototypes that have no name: a connection of Deno's, say. They are patched when the first object of theirs is seen, and
 * put back with the other patches.
 */
import { bottom, type Callable, Patch, type Wrap } from "./layer.ts";

/** What is put over the methods of a prototype. */
export type Methods = Readonly<Record<string, Wrap>>;

const found = new Map<object, Patch[]>();

/** Patches the methods where the object inherits them from. */
export function patchPrototypeOf(object: object, methods: Methods): void {
  const known = Object.getPrototypeOf(object) as object;
  if (found.has(known)) return;
  found.set(known, []);
  for (const [name, wrap] of Object.entries(methods)) {
    let prototype: object | null = known;
    while (prototype !== null && !Object.hasOwn(prototype, name)) {
      prototype = Object.getPrototypeOf(prototype);
    }
    if (prototype === null || isOurs(prototype, name)) continue;
    const patch = new Patch(prototype, name, wrap);
    patch.install();
    const there = found.get(prototype);
    if (there === undefined) found.set(prototype, [patch]);
    else there.push(patch);
  }
}

/** Two kinds of connection inherit from one: the second finds it patched. */
function isOurs(prototype: object, name: string): boolean {
  const there = (prototype as Record<string, Callable>)[name];
  return found.has(prototype) && bottom(there) !== there;
}

/** All as it was. The next object of theirs patches them again. */
export function forgetFound(): void {
  for (const patches of found.values()) for (const patch of patches.reverse()) patch.remove();
  found.clear();
}
