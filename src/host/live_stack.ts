/**
 * Where the main thread is, seen from a worker, while it runs or hangs. Only Node lets a worker ask: through its inspector,
 * which stops the main thread at its next statement. In a call that blocks natively that is when it comes back.
 */
import type { Debugger, Session } from "node:inspector";

/** More than this nobody reads. */
const FRAMES = 24;

/** What asks; loading it takes longer than the answer. */
export type Inspector = typeof Session;

/** Loads what asks. */
export async function loadInspector(): Promise<Inspector> {
  return (await import("node:inspector")).Session;
}

/**
 * Asks for the main thread's stack. `answer` is called with it while the main thread stands still, and so has the time to
 * put it where that one finds it. Gives a way to take the question back, which is needed where no answer came.
 */
export function askStack(Session: Inspector, answer: (stack: string) => void): () => void {
  const session = new Session();
  const scripts = new Map<string, string>();
  let isOpen = true;
  // Its end lets the main thread go on, whatever happened before.
  const close = (): void => {
    if (isOpen) session.disconnect();
    isOpen = false;
  };
  session.connectToMainThread();
  session.on("Debugger.scriptParsed", ({ params }) => void scripts.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    try {
      answer(params.callFrames.slice(0, FRAMES).map((frame) => line(frame, scripts)).join("\n"));
    } finally {
      close();
    }
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  return close;
}

function line(frame: Debugger.CallFrame, scripts: ReadonlyMap<string, string>): string {
  const { scriptId, lineNumber, columnNumber } = frame.location;
  const place = `${frame.url || scripts.get(scriptId) || "unknown"}:${lineNumber + 1}:${
    (columnNumber ?? 0) + 1
  }`;
  return frame.functionName === "" ? `    at ${place}` : `    at ${frame.functionName} (${place})`;
}
