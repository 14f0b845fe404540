/** Bytes to another thread: copied, moved there and back, shared. */
import type { Cost } from "../harness/cost.ts";
import { now, runtime } from "../harness/host.ts";
import { inTurn, POOLS, type Work } from "../peers/pools/mod.ts";

const MB = 2 ** 20;

/** The thread reads both ends. */
const sent = (bytes: Uint8Array): Work => async (pool, n) => {
  let count = 0;
  const start = now();
  for (let i = 0; i < n; i++) {
    const first = i % 251, last = i % 241;
    bytes[0] = first;
    bytes[bytes.length - 1] = last;
    if (await pool.call("ends", bytes) === first * 256 + last) count++;
  }
  return { count, total: now() - start };
};

const copied = (size: number) => sent(new Uint8Array(size));
const shared = (size: number) => sent(new Uint8Array(new SharedArrayBuffer(size)));

/** The thread writes into it; it comes back and goes out again. */
const moved = (size: number): Work => async (pool, n) => {
  if (!pool.move) throw new Error("this pool moves nothing");
  let buffer = new ArrayBuffer(size), count = 0;
  const start = now();
  for (let i = 0; i < n; i++) {
    const old = buffer;
    buffer = await pool.move(old) as ArrayBuffer;
    if (old.byteLength === 0 && buffer.byteLength === size && new Uint8Array(buffer)[0] === (i + 1) % 256) {
      count++;
    }
  }
  return { count, total: now() - start };
};

const size = 10, quickSize = 5;

export const cost: Cost = {
  name: "threads_payload",
  title: "1 MiB to another thread",
  unit: "µs",
  notes: [
    "One call after the other with one MiB. `copied`: the result is a number. `moved`: transferred there and back, and seen to be gone in between. `shared`: a `SharedArrayBuffer`. Each thread reads or writes what it got. `raw` and `comlink` have one thread.",
    ...(runtime === "deno"
      ? [
        "Deno's `node:worker_threads` visits each element of a typed array that arrives; an `ArrayBuffer` it leaves alone.",
      ]
      : []),
  ],
  points: [
    {
      label: "copied",
      size,
      quickSize,
      sides: inTurn(POOLS, copied(MB)),
      goals: [{ kind: "timesPeer", peer: "raw", times: 1.1 }],
    },
    {
      label: "moved",
      size,
      quickSize,
      sides: inTurn(POOLS.filter((name) => name !== "poolifier"), moved(MB)),
      goals: [{ kind: "timesPeer", peer: "raw", times: 1.1 }],
    },
    {
      label: "shared",
      size,
      quickSize,
      sides: inTurn(POOLS, shared(MB)),
      goals: [{ kind: "timesPeer", peer: "raw", times: 1.1 }],
    },
  ],
  sweeps: [
    {
      variable: "bytes copied",
      sizes: [2 ** 10, 2 ** 13, 2 ** 16, 2 ** 19, 2 ** 22],
      quickSizes: [2 ** 10, 2 ** 16, 2 ** 20],
      at: (bytes) => inTurn(["tendril", "raw"], copied(bytes)),
      ops: (bytes) => bytes > 2 ** 18 ? 10 : 100,
      limit: 1,
    },
  ],
};
