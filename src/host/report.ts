/** How errors that nobody asked for are shown: on stderr, with the greenlet's name. */
import { originOf } from "../greenlet/mod.ts";

/** An error with its stack, its cause and its parts. */
export function render(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  let text = error.stack?.includes(error.message) === true ? error.stack : `${error.name}: ${error.message}\n${error.stack ?? ""}`;
  if (error instanceof AggregateError) {
    for (const part of error.errors) text += `\n  - ${inGreenlet(part)}${render(part).replaceAll("\n", "\n    ")}`;
  }
  if (error.cause !== undefined) text += `\n  caused by: ${render(error.cause).replaceAll("\n", "\n    ")}`;
  return text;
}

function inGreenlet(error: unknown): string {
  const name = originOf(error);
  return name === undefined ? "" : `in greenlet ${name}: `;
}

/** The default of `onError`. */
export function reportToStderr(error: unknown, name?: string): void {
  const where = name ?? originOf(error);
  console.error(`tendril: ${where === undefined ? "error" : `greenlet ${where} failed`}: ${render(error)}`);
}
