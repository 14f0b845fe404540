/** How a child process ends with its greenlet, on every runtime: SIGTERM, and SIGKILL where that does not help. */
import { type Binding, Operation } from "./binding.ts";
import { type BackgroundTimer, inBackground } from "./background.ts";

/** Milliseconds from SIGTERM to SIGKILL. */
export const GRACE = 1_000;

/** Binds a child of the runtime's own interface: `exited` settles when it has ended, `kill` does nothing to one that has. */
export function bindChild(
  binding: Binding,
  target: string,
  exited: PromiseLike<unknown>,
  kill: (signal: "SIGTERM" | "SIGKILL") => void,
): void {
  let grace: BackgroundTimer | null = null;
  const operation = new Operation(binding, "child process", target, {
    abort() {
      kill("SIGTERM");
      grace = inBackground(GRACE, () => kill("SIGKILL"));
    },
  });
  const ended = () => {
    operation.done();
    grace?.stop();
  };
  exited.then(ended, ended);
}
