/** The thread of the tests of shared primitives: does what it is told and posts what came of it. */
import { parentPort, workerData } from "node:worker_threads";
import { isSharedHandle, reviveShared } from "../../src/threads/shared_registry.ts";
import { takePass } from "../../src/threads/shared_seat.ts";
import { endBy, type Job, jobs, tell } from "./shared_jobs.ts";

const { pass, job, args, over } = workerData as Job;
takePass(pass);
endBy(over);
const values = args.map((arg) => isSharedHandle(arg) ? reviveShared(arg) : arg);
try {
  const result = await (jobs[job] as (...args: unknown[]) => unknown)(...values);
  tell({ result });
} catch (error) {
  const { name, message } = error as Error;
  tell({ error: `${name}: ${message}` });
}
parentPort?.unref();
