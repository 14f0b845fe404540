// axios knows nothing of greenlets, and gets no signal here. A timeout around it still ends the request, as its server sees.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Event, run, TimeoutError, withTimeout } from "tendril";
import { patchAll } from "tendril/monkey";

using _patches = patchAll(); // before the library comes in
const { default: axios } = await import("axios");

// Answers the headers, a piece of the body, and then nothing more.
const closed = new Event();
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-length": 1_000_000 });
  response.write("a beginning …");
  response.on("close", () => closed.set());
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report`;

/** Somebody else's code, an async function three calls deep. */
async function download(): Promise<string> {
  const { data } = await axios.get<string>(url);
  return data;
}

await run(function* () {
  const start = performance.now();
  try {
    yield* withTimeout(100, download);
    assert.fail("there is no end to download");
  } catch (error) {
    assert.ok(error instanceof TimeoutError);
    console.log("the client gave up after 100 ms");
  }
  yield* closed.wait({ timeout: 1000 });
  assert.ok(closed.isSet);
  const ms = performance.now() - start;
  console.log(`the server saw its connection closed ${ms < 1000 ? "at once" : "late"}`);
});

await new Promise((resolve) => server.close(resolve));
