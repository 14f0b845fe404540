// The names that each door exports: `npm run names` writes them into tests/public_names.json, which a test compares
// with the sources. So a new public name, or a lost one, shows in a review.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDoors, readText, root } from "./lib/repo.ts";
import { exportsOf } from "./lib/source.ts";

export interface DoorNames {
  values: string[];
  types: string[];
}

export const namesFile = "tests/public_names.json";

/** What the sources say now. A door whose file is not there yet is left out. */
export function publicNames(): Record<string, DoorNames> {
  const doors = Object.entries(readDoors()).filter(([, source]) => existsSync(join(root, source)));
  return Object.fromEntries(doors.map(([door, source]) => {
    const { values, types } = exportsOf(readText(source));
    return [door, { values, types }];
  }));
}

if (import.meta.main) {
  writeFileSync(join(root, namesFile), JSON.stringify(publicNames(), null, 2) + "\n");
  console.log(`written: ${namesFile}`);
}
