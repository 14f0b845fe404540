import { spawnSync } from "node:child_process";
import { globSync, rmSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = ".tmp/bench";

/** The library as its package has it, in JavaScript: built again where the sources are newer. */
export function built(): URL {
  const folder = pathToFileURL(`${root}${FOLDER}/`);
  const made = statSync(new URL("mod.js", folder), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync("src/**/*.ts", { cwd: root });
  if (sources.some((path) => statSync(`${root}${path}`).mtimeMs > made)) {
    const { status, stdout, stderr } = spawnSync(
      `${root}node_modules/.bin/node`,
      ["scripts/build.ts", FOLDER],
      { cwd: root, encoding: "utf8" },
    );
    if (status !== 0) {
      rmSync(folder, { recursive: true, force: true }); // what is half built would pass for new
      throw new Error(`the library could not be built: ${stdout}${stderr}`);
    }
  }
  return folder;
}
