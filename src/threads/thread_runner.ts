/** In a thread whose object is of a subclass of `Thread`: makes one like it and runs it. */
import { loadModule } from "../host/io.ts";

/** Called by `Thread.start`. */
export async function runThread(
  url: string,
  kind: string,
  name: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const module = await loadModule(url);
  const found = module[kind] ?? (module.default as { name?: string } | undefined)?.name === kind
    ? module[kind] ?? module.default
    : undefined;
  if (typeof found !== "function") {
    throw new TypeError(`${url} exports no class ${kind}: a thread can only run what its module exports`);
  }
  // Not by its constructor, which may want anything and has run already.
  const made = Object.assign(Object.create(found.prototype), fields, { name });
  return await made.run();
}
