/** Waiting for a socket to be of use. */
import type { RawSocket } from "../host/io.ts";
import { netError } from "./errors.ts";

/** Waits for the event that says that `raw` can be used; aborted, it is destroyed, also when it could be used already. */
export function opened<T>(
  what: string,
  signal: AbortSignal,
  event: string,
  make: () => RawSocket,
  use: (raw: RawSocket) => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let raw: RawSocket;
    try {
      raw = make();
    } catch (error) {
      return reject(netError(what, error));
    }
    signal.addEventListener("abort", () => raw.destroy());
    // It stays: a socket that was given up may still tell of an error, and one that nobody hears ends the program.
    raw.on("error", (error: unknown) => reject(netError(what, error)));
    raw.on("close", () => reject(netError(what, { code: "ECONNRESET" })));
    raw.once(event, () => {
      try {
        resolve(use(raw));
      } catch (error) {
        raw.destroy();
        reject(error);
      }
    });
  });
}
