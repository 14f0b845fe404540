// A program with three simulations, of which one fails; run by replay.test.ts.

import process from "node:process";
import { explore, simulate } from "../../src/testing/mod.ts";
import { inversion, lostUpdate, sound } from "./scenes.ts";

const [what] = process.argv.slice(2);
const failing = what === "deadlock" ? inversion : what === "mended" ? sound : lostUpdate;
for (const simulation of [() => simulate(sound, { runs: 3 }), () => explore(failing), () => explore(sound)]) {
  try {
    simulation();
    console.log("passed");
  } catch (error) {
    console.log(`failed: ${(error as Error).message}`);
  }
}
