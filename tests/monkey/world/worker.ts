/** A worker that tells the observer that it is there, and then never ends by itself, whatever its parent does. */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

function report(port: number): void {
  const socket = connect(port, "127.0.0.1", () => socket.write("here\n"));
  socket.on("error", () => {});
}

const scope = globalThis as { onmessage?: (event: MessageEvent<{ port: number }>) => void };
const given = workerData as { port: number } | null | undefined;
if (typeof given?.port === "number") {
  report(given.port);
  parentPort?.on("message", () => {});
} else scope.onmessage = ({ data }) => report(data.port);
