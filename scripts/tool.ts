// Runs one of the programs in node_modules: `node scripts/setup.mjs scripts/tool.ts deno fmt`.

import { spawnSync } from "node:child_process";
import process from "node:process";
import { root, tool } from "./lib/repo.ts";

const [name, ...args] = process.argv.slice(2);
process.exitCode = spawnSync(tool(name), args, { cwd: root, stdio: "inherit" }).status ?? 1;
