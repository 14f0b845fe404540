/** What was thrown, as text for a report: with getters that throw, in rings, with megabytes of message. */
import { show } from "../../core/mod.ts";

/** Characters of one message, and of what stands in a row of the table. */
const MOST = 4_000, BRIEF = 300;
/** How deep causes and parts are followed, and how many parts are told. */
const DEPTH = 5, PARTS = 20;

/** An error with its causes or its parts. */
export function textOf(error: unknown, depth: number = 0): string {
  try {
    if (!(error instanceof Error)) return clip(plain(error), MOST);
    const parts = error instanceof AggregateError && depth < DEPTH ? error.errors.slice(0, PARTS) : [];
    const more = parts.map((part) => `\n  and: ${textOf(part, depth + 1)}`).join("");
    const { cause } = error;
    const because = cause instanceof Error && more === "" && depth < DEPTH
      ? ` (because of ${textOf(cause, depth + 1)})`
      : "";
    const message = clip(String(error.message).trimEnd(), MOST);
    return (error.name === "Error" ? message : `${error.name}: ${message}`) + because + more;
  } catch {
    return `something that cannot be shown, ${kindOf(error)}`;
  }
}

/** The first line of an error. */
export function briefOf(error: unknown): string {
  return clip(firstLine(textOf(error)), BRIEF);
}

/** Without what announces more. */
export function firstLine(text: string): string {
  return text.split("\n")[0].replace(/[:,]$/, "");
}

/** Its class, or its type. */
export function kindOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return typeof error;
  }
}

/** The stack that an error brings, if it has one. */
export function stackOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack ?? "") : "";
  } catch {
    return "";
  }
}

function plain(value: unknown): string {
  const text = Object(value) === value ? show(value) : String(value);
  return text === "{}" ? "an object" : text;
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}
