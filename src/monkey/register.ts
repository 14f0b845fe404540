/**
 * A loader entry: patches before the program's first line, so that also libraries that import by name are reached.
 *
 * Node: `node --import tendril/monkey/register app.ts`. Bun: `bun --preload tendril/monkey/register app.ts`. Deno:
 * `deno run -A --preload=npm:tendril/monkey/register app.ts`. Without any flag: `tendril run app.ts`.
 *
 * @module
 */
import { namedImportsKnown } from "../host/io.ts";
import { patchAll } from "./mod.ts";

patchAll();
// The program may ask at once what is reached.
await namedImportsKnown();
