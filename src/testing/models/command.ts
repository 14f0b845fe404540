/** One command of a model-based property, and what is told of it. */
import { show } from "../../core/mod.ts";
import type { Kind } from "./linearizable.ts";

/** Something that can be done to `Real`, and what it does to its model. */
export interface Command<Model, Real> {
  /** Does it. An operation, a generator or a promise that it gives is waited for. */
  run(real: Real): unknown;
  /**
   * What a sequential program would get: it changes `state` and gives a value or throws. `BLOCKED`: it cannot happen in
   * this state. Errors are compared by name, values as deep as they go.
   */
  model(state: Model): unknown;
  /**
   * Whether it is of any use after the commands drawn before it; if not, it is left out. Default true. Others run at the
   * same time, so the model must know an answer in any other state, too.
   */
  check?(state: Model): boolean;
  /** The line in which it waits, where the order counts: those of one line go on in the order of their calls. */
  line?: string | ((state: Model) => string | undefined);
  /** What it gives, or throws, when its time is over: only while it has to wait, and without an effect. */
  lapses?(): unknown;
  /** A kill in the middle may leave its effect behind. Default false: killed while parked, it did not happen (S-15). */
  partial?: boolean;
  /** What a failure shows, like `put(1)`. Default: its class and what it holds. */
  toString?(): string;
}

/** What the search knows of a command, and the table calls it. */
export function labelOf<Model, Real>(
  command: Command<Model, Real>,
): { kind: Kind<Model>; args: readonly unknown[] } {
  const text = textOf(command);
  const { name, args } = partsOf(text);
  const { line } = command;
  const kind: Kind<Model> = {
    name,
    model: (state) => command.model(state),
    lapses: command.lapses === undefined ? undefined : () => command.lapses?.(),
    line: typeof line === "function" ? (state) => line.call(command, state) : line,
    either: command.partial === true,
  };
  return { kind, args };
}

/** `put(1)` is a name and its arguments, where these are plain. */
function partsOf(text: string): { name: string; args: readonly unknown[] } {
  const match = /^([^()]*)\((.*)\)$/s.exec(text);
  if (match === null) return { name: text, args: [] };
  try {
    return { name: match[1], args: JSON.parse(`[${match[2]}]`) as unknown[] };
  } catch {
    return { name: text, args: [] };
  }
}

/** Its own text, or its class and what it holds. */
export function textOf(command: object): string {
  if (command.toString !== Object.prototype.toString) return String(command);
  const values = Object.values(command).filter((value) => typeof value !== "function");
  const name = command.constructor?.name;
  return `${name === "Object" || !name ? "command" : name}(${values.map((value) => show(value)).join(", ")})`;
}

/** @throws `TypeError` for what is no command. */
export function needCommand(command: unknown): void {
  const { run, model } = (command ?? {}) as { run?: unknown; model?: unknown };
  if (typeof run === "function" && typeof model === "function") return;
  throw new TypeError(`a command needs run(real) and model(state), and this has not both: ${show(command)}`);
}
