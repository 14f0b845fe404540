/** What a history that does not fit looks like. */
import { show } from "../../core/mod.ts";
import {
  type Answer,
  ask,
  KILLED,
  type Kind,
  type Operation,
  type Order,
  PENDING,
  RETURNED,
  THREW,
} from "./linearizable.ts";
import { copyOf, textOf } from "./model_state.ts";

/** A history, the longest order that fits the model, and why it goes no further. */
export function tellHistory<M>(history: readonly Operation<M>[], best: Order<M> | null): string {
  const parts = [table(history, best)];
  if (best !== null) {
    parts.push(
      best.done.length === 0
        ? `The model is in the state ${short(best.state)}, and of what could come first nothing fits:`
        : `In the order of the last column they fit the model, up to the state ${short(best.state)}. Then:`,
    );
    for (const operation of best.next) parts.push(`  ${whyNot(operation, best.state)}`);
  }
  return parts.join("\n");
}

/** Calls and returns, one operation a line, in the order of the calls. */
function table<M>(history: readonly Operation<M>[], best: Order<M> | null): string {
  const places = new Map(best?.done.map((operation, i) => [operation, i + 1]));
  const rows = [["steps", "greenlet", "operation", "outcome", "order"]];
  for (const operation of history) {
    const { from, to, ended, who } = operation;
    rows.push([
      `${from}–${ended === Infinity ? "" : to}`,
      who,
      callOf(operation),
      outcomeOf(operation),
      String(places.get(operation) ?? "-"),
    ]);
  }
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) => "  " + row.map((text, k) => text.padEnd(widths[k])).join("  ").trimEnd()).join(
    "\n",
  );
}

function callOf<M>({ kind, args }: { kind: Kind<M>; args: readonly unknown[] }): string {
  return `${kind.name}(${args.map(short).join(", ")})`;
}

function outcomeOf<M>({ how, value }: Operation<M>): string {
  switch (how) {
    case RETURNED:
      return short(value);
    case THREW:
      return `throws ${errorOf(value)}`;
    case KILLED:
      return "killed in it";
    default:
      return "waits";
  }
}

function whyNot<M>(operation: Operation<M>, state: M): string {
  const { who, how } = operation;
  const call = `${callOf(operation)} of ${who}`;
  if (how === KILLED) return `${call} was killed: it stands in its line up to here`;
  const answer = ask(operation, copyOf(state));
  if (how === PENDING) return `${call} still waits at the end, and in the model it ${does(answer)}`;
  const did = how === THREW ? `threw ${errorOf(operation.value)}` : `gave ${short(operation.value)}`;
  const real: Answer = { how: how === THREW ? THREW : RETURNED, value: operation.value };
  if (answer !== null && does(answer) === does(real)) {
    return `${call} ${did}, though somebody stands before it in its line`;
  }
  return `${call} ${did}, and in the model it ${does(answer)}`;
}

function does(answer: Answer | null): string {
  if (answer === null) return "has to wait";
  return answer.how === RETURNED ? `gives ${short(answer.value)}` : `throws ${errorOf(answer.value)}`;
}

function errorOf(error: unknown): string {
  return error instanceof Error ? error.name : short(error);
}

function short(value: unknown): string {
  const text = typeof value === "object" && value !== null ? textOf(value) : show(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
