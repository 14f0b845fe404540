/**
 * Abort signals in a simulation: whether one is aborted, and who listens, is state that greenlets share. The signals
 * themselves are the runtime's own, so that everything takes them.
 */
import { probe, reads, writes } from "../../core/mod.ts";
import { running } from "../schedules/execution.ts";
import { quietTimer } from "./simulated_timers.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** The signals that another one follows. */
const followed = new WeakMap<AbortSignal, readonly AbortSignal[]>();

function looked(signal: AbortSignal): void {
  if (probe === null) return;
  reads(signal);
  followed.get(signal)?.forEach(looked);
}

/** What stands in for the constructor. */
export function simulatedController(real: typeof AbortController): typeof AbortController {
  return class AbortController extends real {
    constructor() {
      super();
      if (probe !== null) probe.born(this.signal);
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof real;
    }

    override abort(reason?: unknown): void {
      writes(this.signal);
      super.abort(reason);
    }
  };
}

/** What stands in for the static functions. */
export function simulatedSignals(real: typeof AbortSignal): { readonly [name: string]: unknown } {
  const { any, timeout } = real;
  return {
    timeout(ms: number): AbortSignal {
      if (running === null) return timeout.call(real, ms);
      const controller = new AbortController();
      quietTimer(running, "AbortSignal.timeout", ms, () => {
        controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
      });
      return controller.signal;
    },
    any(signals: Iterable<AbortSignal>): AbortSignal {
      const all = [...signals];
      const made = any.call(real, all);
      if (probe !== null) {
        probe.born(made);
        followed.set(made, all);
        looked(made);
      }
      return made;
    },
  };
}

/** What stands in for the methods. */
export function simulatedSignal(real: AbortSignal): { readonly [name: string]: unknown } {
  const getter = (name: "aborted" | "reason"): () => unknown =>
    Object.getOwnPropertyDescriptor(real, name)?.get as () => unknown;
  const aborted = getter("aborted"), reason = getter("reason");
  const onabort = Object.getOwnPropertyDescriptor(real, "onabort");
  const { throwIfAborted } = real;
  const listening = (name: "addEventListener" | "removeEventListener") => {
    const method = real[name] as AnyFunction;
    return function (this: AbortSignal, ...args: unknown[]): unknown {
      looked(this);
      writes(this);
      return method.apply(this, args);
    };
  };
  return {
    get aborted(): unknown {
      looked(this as unknown as AbortSignal);
      return aborted.call(this);
    },
    get reason(): unknown {
      looked(this as unknown as AbortSignal);
      return reason.call(this);
    },
    get onabort(): unknown {
      return onabort?.get?.call(this);
    },
    set onabort(listener: unknown) {
      looked(this as unknown as AbortSignal); // what it follows calls the listener, too
      writes(this);
      onabort?.set?.call(this, listener);
    },
    throwIfAborted(this: AbortSignal): void {
      looked(this);
      throwIfAborted.call(this);
    },
    addEventListener: listening("addEventListener"),
    removeEventListener: listening("removeEventListener"),
  };
}
