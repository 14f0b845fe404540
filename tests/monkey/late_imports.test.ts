/** A module that is first imported after a patch was taken back: nothing of the patch is left in it. */
import process from "node:process";
import { namedImportsKnown, patchAll } from "../../src/monkey/mod.ts";
import { assertStrictEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";

describe("imports after unpatch", () => {
  for (const name of ["node:dns/promises", "node:timers/promises"]) {
    test(`${name} gives the originals, by name and as default`, async () => {
      const { getBuiltinModule } = process as unknown as { getBuiltinModule(name: string): object };
      patchAll({ sync: "off" })[Symbol.dispose]();
      await namedImportsKnown();
      const module = await import(name) as Record<string, unknown>;
      const object = getBuiltinModule(name) as Record<string, unknown>;
      for (const key of Object.keys(object)) assertStrictEquals(module[key], object[key], key);
      for (const key of Object.keys(object)) {
        assertStrictEquals((module.default as Record<string, unknown>)[key], object[key], `default.${key}`);
      }
    });
  }
});
