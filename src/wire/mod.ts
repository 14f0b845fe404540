/** One protocol between those who call and those who are called, whatever is between them. */
export { BATCH_MS, type Call, Caller, type CallerClient } from "./caller.ts";
export { Callee } from "./callee.ts";
export type { Services } from "./running.ts";
export { cloneError, cloneProblem, transfer, transferOf } from "./clone.ts";
export { ControlBlock } from "./control.ts";
export { decodeError, encodeError, knowError, WorkerDiedError } from "./errors.ts";
export { cancelled, cancelSignal, reportProgress, setCallee } from "./here.ts";
export { type Port, portPair } from "./port.ts";
export {
  type CallMode,
  type ChunkResult,
  EACH,
  type EncodedError,
  type FromWorker,
  PLAIN,
  PROTOCOL_VERSION,
  SPREAD,
  type ToWorker,
} from "./protocol.ts";
export { WINDOW } from "./stream.ts";
export { movedWith, proxiesIn, proxiesLoaded, proxy } from "./proxy.ts";
export { encodePassed, type Passing, setPassing } from "./passing.ts";
export { estimate, type Target, unitsOf } from "./cost.ts";
