/** The entry of a pool's threads. What they run is loaded when it is called for the first time. */
import { after, exitThread, loadModule, memoryWatch, parentPort, threadData } from "../host/io.ts";
import { atExit, launch, systemHost } from "../host/mod.ts";
import {
  Callee,
  ControlBlock,
  type FromWorker,
  setCallee,
  type ToWorker,
  WorkerDiedError,
} from "../wire/mod.ts";
import { takeSeat } from "./shared_seat.ts";
import { passShared } from "./passing.ts";
import { setThreadName } from "./current.ts";
import type { PoolThreadData } from "./worker.ts";

const data = threadData() as PoolThreadData;
let isDone = false;
takeSeat(data.pass, () => isDone); // before anything else that uses shared primitives
setThreadName(data.name);
const control = new ControlBlock(data.control);
const { post, listen } = parentPort<ToWorker, FromWorker>();
const port = {
  post,
  onmessage: null as ((message: ToWorker) => void) | null,
  onclose: null,
  close: () => exitThread(1),
};
const { performance } = globalThis;
const callee = new Callee(port, control, {
  load: loadModule,
  run: (body, signal) => launch(body as () => unknown, { signal }).promise,
  now: () => performance.now(),
  macrotask: systemHost.macrotask,
  end() {
    isDone = true;
    exitThread(0);
  },
});
setCallee(callee);
passShared();
listen((message) => port.onmessage?.(message)); // before anything is awaited: messages would be lost
atExit(() => callee.flushNow());

if (data.beat > 0) {
  const isOutOfMemory = memoryWatch();
  const beat = () => {
    control.beat();
    if (callee.wasCutOff || isOutOfMemory()) {
      return callee.broken(new WorkerDiedError(`thread ${data.name} ran out of memory`));
    }
    after(data.beat, beat);
  };
  beat();
}

try {
  if (data.initializer !== null) await initialize(data.initializer);
  callee.ready();
} catch (error) {
  callee.broken(error);
}

async function initialize({ url, name, args }: NonNullable<PoolThreadData["initializer"]>): Promise<void> {
  const found = (await loadModule(url))[name];
  if (typeof found !== "function") {
    throw new TypeError(`the initializer: ${url} exports no function ${JSON.stringify(name)}`);
  }
  await launch(() => found(...args)).promise;
}
