/** Errors that nobody catches, and listeners that pile up. */
import process from "node:process";
import { runtime } from "../../harness.ts";

/** The list to which they will be added. */
export function catchStrays(): string[] {
  const strays: string[] = [];
  const note = (error: unknown) => {
    strays.push(error instanceof Error ? error.stack ?? String(error) : String(error));
  };
  if (runtime === "deno") {
    const handle = (event: Event) => {
      event.preventDefault();
      note((event as PromiseRejectionEvent).reason ?? (event as ErrorEvent).error);
    };
    globalThis.addEventListener("error", handle);
    globalThis.addEventListener("unhandledrejection", handle);
  } else {
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
  }
  process.on("warning", (warning) => {
    if (warning.name === "MaxListenersExceededWarning") note(warning);
  });
  return strays;
}
