/** A module that takes a while to load. */
await new Promise((resolve) => setTimeout(resolve, 200));
export function f(): string {
  return "loaded";
}
