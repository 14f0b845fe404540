import { unpatch } from "../src/monkey/mod.ts";
import { staleFiles } from "../scripts/doors.ts";
import { readDoors, readText } from "../scripts/lib/repo.ts";
import { type DoorNames, namesFile, publicNames } from "../scripts/public_names.ts";
import { assert, assertEquals, assertThrows } from "./assert.ts";
import { describe, test } from "./harness.ts";

function sameNames(actual: Record<string, DoorNames>, listed: Record<string, DoorNames>): void {
  assertEquals(actual, listed, `the public names have changed; if they should, run \`npm run names\``);
}

describe("public names", () => {
  const listed = JSON.parse(readText(namesFile)) as Record<string, DoorNames>;

  test("are the listed ones", () => {
    sameNames(publicNames(), listed);
    assertEquals(Object.keys(listed).sort(), Object.keys(readDoors()).sort());
  });

  test("a name too few, too many or of the other kind is seen", () => {
    const [door] = Object.keys(listed);
    const { values, types } = listed[door];
    for (
      const changed of [
        { values: values.slice(1), types },
        { values: [...values, "zzz"], types },
        { values: values.slice(1), types: [...types, values[0]] },
      ]
    ) assertThrows(() => sameNames({ ...listed, [door]: changed }, listed));
  });

  for (const [door, source] of Object.entries(readDoors())) {
    test(`${door} gives these values`, async () => {
      const module = await import(`../${source}`) as object;
      unpatch(); // one door patches when it is opened
      assertEquals(Object.keys(module).sort(), listed[door].values);
    });
  }

  test("package.json and deno.json have the doors", () => {
    assertEquals(staleFiles(), [], "run `npm run doors`");
  });

  test("no name is a default export", () => {
    for (const { values } of Object.values(listed)) assert(!values.includes("default"));
  });
});
