/** `Deno.*`: all that a name of that kind reaches. */
import { denoFileTargets } from "./deno_fs.ts";
import { denoNetTargets } from "./deno_net.ts";
import { denoProcessTargets } from "./deno_process.ts";
import type { Gap, Target } from "./target.ts";

/** See the top of the file. */
export const denoTargets: readonly Target[] = [
  ...denoFileTargets,
  ...denoNetTargets,
  ...denoProcessTargets,
];

/** What is out of reach. */
export const denoGaps: readonly Gap[] = [
  {
    group: "fs",
    name: "Deno.FsFile.readable, Deno.FsFile.writable, Deno.stdin.readable",
    reason: "a stream belongs to whoever reads it; the file that a greenlet opened is closed after it",
  },
  {
    group: "childProcess",
    name: "Deno.spawnAndWait",
    reason: "it never shows its child: use new Deno.Command(…).output()",
  },
  {
    group: "net",
    name: "Deno.serve",
    reason: "a server belongs to nobody: bind its handlers by spawning a greenlet for each request",
  },
];
