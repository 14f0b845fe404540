// A server that computes on its own thread. In one piece a picture holds up everybody; in slices others are answered meanwhile.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { run, sleep, spawn, until } from "tendril";
import { timeSlice } from "tendril/kernels";
import { mandelbrot } from "./kernels/mandelbrot.kernel.ts";

const SIZE = 600, LIMIT = 2_000;
const sliced = timeSlice(mandelbrot, { everyMs: 4 });

/** The share of the picture that is black. */
async function picture(inSlices: boolean): Promise<number> {
  const pixels = new Uint8Array(SIZE * SIZE);
  await (inSlices ? sliced : mandelbrot).rows(pixels, SIZE, SIZE, LIMIT, 0, SIZE);
  return pixels.filter((pixel) => pixel === 0).length / pixels.length;
}

const server = createServer(async ({ url }, response) => {
  const answer = url === "/ping" ? "pong" : (await picture(url === "/sliced")).toFixed(3);
  response.end(answer);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const get = async (path: string) => await (await fetch(address + path)).text();

await run(function* () {
  const answers: string[] = [];
  for (const path of ["/whole", "/sliced"]) {
    const waits: number[] = [];
    const visitor = spawn(function* () {
      for (;;) {
        const start = performance.now();
        assert.equal(yield* until(get("/ping")), "pong");
        waits.push(performance.now() - start);
        yield* sleep(1);
      }
    });
    while (waits.length < 20) yield* sleep(1); // connections are open, code is warm
    waits.length = 0;
    const start = performance.now();
    answers.push(yield* until(get(path)));
    const ms = performance.now() - start, answered = waits.length;
    while (waits.length === answered) yield* sleep(1); // the one that is under way counts, too
    console.log(
      `${path.padEnd(7)} in ${ms.toFixed()} ms; ${waits.length} pings meanwhile, the slowest ${
        Math.max(...waits).toFixed(1)
      } ms`,
    );
    yield* visitor.kill();
  }
  assert.equal(answers[0], answers[1]);
});
server.close();
server.closeAllConnections();
