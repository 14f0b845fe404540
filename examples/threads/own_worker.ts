// The worker of threads_own_worker.ts: takes a lock, and is ended with it.
import { workerData } from "node:worker_threads";
import { type SharedHandle, SharedLock, takePass, type ThreadPass } from "tendril/threads";

const { pass, lock } = workerData as { pass: ThreadPass; lock: SharedHandle };
takePass(pass); // before anything else that uses shared primitives
SharedLock.from(lock).acquireSync();
setInterval(() => {}, 1_000);
