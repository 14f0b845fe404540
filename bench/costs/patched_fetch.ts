/** What patches cost a request: the host's `fetch`, and the same patched, outside of greenlets and inside. */
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { run, until } from "../../src/mod.ts";
import { patchAll } from "../../src/monkey/mod.ts";
import type { Cost, Reading, Side } from "../harness/cost.ts";
import { now, runtime, RUNTIME_ARGS } from "../harness/host.ts";

let address: Promise<string> | undefined;

/** One server for all, that ends with this process. */
function server(): Promise<string> {
  return address ??= (async () => {
    const file = fileURLToPath(new URL("../peers/server.ts", import.meta.url));
    const child = spawn(process.execPath, [...RUNTIME_ARGS[runtime], file], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    for await (const port of createInterface({ input: child.stdout })) {
      child.unref();
      for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref?(): void }).unref?.();
      return `http://127.0.0.1:${port}/`;
    }
    throw new Error("the server has not started");
  })();
}

async function get(url: string): Promise<number> {
  const response = await fetch(url);
  return (await response.text()).length === 1_000 ? 1 : 0;
}

async function outside(url: string, n: number): Promise<Reading> {
  let count = 0;
  const start = now();
  for (let i = 0; i < n; i++) count += await get(url);
  return { count, total: now() - start };
}

async function inside(url: string, n: number): Promise<Reading> {
  let count = 0, total = 0;
  await run(function* () {
    const start = now();
    for (let i = 0; i < n; i++) count += yield* until(get(url));
    total = now() - start;
  });
  return { count, total };
}

type Requests = (url: string, n: number) => Promise<Reading>;

const native = (requests: Requests): Side => async (n) => requests(await server(), n);

const patched = (requests: Requests): Side => async (n) => {
  const url = await server();
  const patches = patchAll();
  try {
    return await requests(url, n);
  } finally {
    patches[Symbol.dispose]();
  }
};

export const cost: Cost = {
  name: "patched_fetch",
  title: "fetch on loopback, patched",
  unit: "µs",
  notes: [
    "One request after the other for 1,000 bytes, body and all, on a connection that is kept alive; the server is another process. `native` is the same code without `patchAll()`.",
  ],
  points: [
    {
      label: "outside of greenlets",
      sides: { tendril: patched(outside), native: native(outside) },
      goals: [{ kind: "timesPeer", peer: "native", times: 1.005 }],
    },
    {
      label: "in a greenlet",
      sides: { tendril: patched(inside), native: native(inside) },
      goals: [{ kind: "timesPeer", peer: "native", times: 1.03 }],
    },
  ],
};
