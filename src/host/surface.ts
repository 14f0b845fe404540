/** Where things are that can be patched: builtin modules, global objects, and prototypes in them, by name. */
import { builtin } from "./modules.ts";

/** The runtime that this program runs on. */
export type RuntimeName = "Deno" | "Bun" | "Node";

/** See {@linkcode RuntimeName}. */
export function runtimeName(): RuntimeName {
  if ("Deno" in globalThis) return "Deno";
  return "Bun" in globalThis ? "Bun" : "Node";
}

const GLOBALS: ReadonlySet<string> = new Set([
  "Deno",
  "Bun",
  "Response",
  "Request",
  "WebSocket",
  "Atomics",
  "Worker",
]);

/**
 * The object of that name: a builtin module (`fs/promises`), `globalThis`, `Deno`, `Bun`, or what is found inside of one
 * (`http.Agent.prototype`). Undefined where this runtime has none.
 */
export function surface(name: string): object | undefined {
  const [first, ...path] = name.split(".");
  let found: unknown = first === "globalThis" ? globalThis : undefined;
  found ??= GLOBALS.has(first) ? (globalThis as Record<string, unknown>)[first] : builtin(first);
  for (const key of path) {
    if (found === undefined || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return typeof found === "object" || typeof found === "function" ? found ?? undefined : undefined;
}
