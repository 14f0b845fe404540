/** Sockets of Bun's that a greenlet has opened. Their prototypes have no names, so their own methods are covered. */
import { type Binding, bound } from "./binding.ts";
import type { Callable } from "./layer.ts";
import { disowned, own, used } from "./owned.ts";

/** Methods that say that it is closed, and those that say who uses it. */
interface Kind {
  readonly closes: readonly string[];
  readonly uses: readonly string[];
}

/** From now on it is closed with its block, unless it is closed before or used by another greenlet. */
export function ownSocket(
  binding: Binding,
  socket: object,
  what: string,
  target: string,
  kind: Kind,
  close: () => void,
): void {
  if (binding.isOver) return;
  own(binding, socket, what, target, close);
  cover(socket, kind.closes, () => disowned(socket));
  cover(socket, kind.uses, () => {
    const user = bound();
    if (user !== null) used(socket, user);
  });
}

function cover(socket: object, names: readonly string[], note: () => void): void {
  for (const name of names) {
    const method = (socket as Record<string, unknown>)[name];
    if (typeof method !== "function") continue;
    Object.defineProperty(socket, name, {
      configurable: true,
      writable: true,
      value: (...args: unknown[]) => {
        note();
        return Reflect.apply(method as Callable, socket, args);
      },
    });
  }
}
