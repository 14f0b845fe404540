/** How errors that nobody asked for are shown: on stderr, with the greenlet's name. */
import { show } from "../core/mod.ts";
import { originOf } from "../greenlet/mod.ts";

/** An error with its stack, its cause and its parts, each once. Never throws, whatever was thrown. */
export function render(error: unknown): string {
  return renderOnce(error, new Set());
}

function renderOnce(error: unknown, seen: Set<unknown>): string {
  try {
    if (!(error instanceof Error)) return typeof error === "string" ? error : show(error);
    if (seen.has(error)) return `${error.name}: ${error.message} (shown above)`;
    seen.add(error);
    const { stack } = error;
    let text = typeof stack === "string" && stack.includes(error.message)
      ? stack
      : `${error.name}: ${error.message}`;
    const add = (label: string, part: unknown) => {
      text += `\n  ${label}${renderOnce(part, seen).replaceAll("\n", "\n    ")}`;
    };
    if (error instanceof AggregateError && Array.isArray(error.errors)) {
      error.errors.forEach((part) => add(`- ${inGreenlet(part)}`, part));
    }
    if (error.cause !== undefined) add("caused by: ", error.cause);
    return text;
  } catch {
    return "an error that cannot be shown: reading it throws";
  }
}

function inGreenlet(error: unknown): string {
  const name = originOf(error);
  return name === undefined ? "" : `in greenlet ${name}: `;
}

/** The default of `onError`. Never throws. */
export function reportToStderr(error: unknown, name?: string): void {
  const where = name ?? originOf(error);
  console.error(`tendril: ${where === undefined ? "error" : `greenlet ${where} failed`}: ${render(error)}`);
}

/** Something that whoever runs the program should know. */
export function say(text: string): void {
  console.error(`tendril: ${text}`);
}
