/** A lock that unrelated programs share. */
import { ProcessSemaphore } from "./process_semaphore.ts";

/**
 * A lock that unrelated programs share by a file: one of them is inside. When its holder dies, by SIGKILL too, it is free
 * again at once. What is said of the files of a {@linkcode ProcessSemaphore} holds for `path` and `path.door`, too: use a
 * file of its own, `product.lock` for `product`.
 *
 * @example
 * ```ts no-run
 * import { main } from "tendril";
 * import { ProcessLock } from "tendril/processes";
 *
 * await main(function* () {
 *   const lock = new ProcessLock("product.lock");
 *   yield* lock.withLock(function* () {
 *     // read the file, change it, write it
 *   });
 * });
 * ```
 */
export class ProcessLock extends ProcessSemaphore {
  /** @throws `TypeError` where `path` is none. */
  constructor(path: string) {
    super(path, 1);
  }

  /** Whether this object holds it. */
  get locked(): boolean {
    return this.held > 0;
  }
}
