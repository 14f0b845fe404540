/** What only one runtime has. */
import { type Library, REQUEST } from "./library.ts";

interface Reader {
  read(buffer: Uint8Array): Promise<number | null>;
}
interface DenoApi {
  connect(
    options: { hostname: string; port: number },
  ): Promise<Reader & { write(data: Uint8Array): Promise<number> }>;
  Command: new (path: string, options: { args: string[] }) => { output(): Promise<unknown> };
  open(path: string): Promise<Reader>;
  readFile(path: string): Promise<Uint8Array>;
  resolveDns(
    name: string,
    type: "A",
    options: { nameServer: { ipAddr: string; port: number } },
  ): Promise<unknown>;
}
interface BunApi {
  connect(options: {
    hostname: string;
    port: number;
    socket: Record<string, (socket: { write(data: string): number }) => void>;
  }): Promise<unknown>;
  spawn(command: string[]): { exited: Promise<number> };
  write(path: string, source: unknown): Promise<number>;
  file(path: string): { text(): Promise<string> };
  fetch: typeof fetch;
  $(parts: TemplateStringsArray, ...values: unknown[]): Promise<unknown>;
}
const { Deno, Bun } = globalThis as unknown as { Deno: DenoApi; Bun: BunApi };

const socket: Library["moments"] = { ...REQUEST, body: () => ({ at: "body", raw: true }) };
const process: Library["moments"] = { running: (mark: string) => ({ at: "process", mark }) };
const pipe: Library["moments"] = { body: (mark: string) => ({ at: "pipe", path: mark }) };

async function readAll(reader: Reader): Promise<void> {
  const buffer = new Uint8Array(100);
  while (await reader.read(buffer) !== null);
}

const onDeno: Library[] = [
  {
    name: "Deno.connect",
    moments: socket,
    async use({ host, port }) {
      const connection = await Deno.connect({ hostname: host, port });
      await connection.write(new TextEncoder().encode("hello\n"));
      await readAll(connection);
    },
  },
  {
    name: "Deno.Command",
    moments: process,
    use: ({ mark }) => new Deno.Command("sleep", { args: [mark] }).output(),
  },
  { name: "Deno.open", moments: pipe, use: async ({ mark }) => await readAll(await Deno.open(mark)) },
  { name: "Deno.readFile", moments: pipe, use: ({ mark }) => Deno.readFile(mark) },
  {
    name: "Deno.resolveDns",
    moments: { lookup: () => ({ at: "lookup" }) },
    use: ({ host, port }) => Deno.resolveDns("tendril.test", "A", { nameServer: { ipAddr: host, port } }),
  },
];

const onBun: Library[] = [
  {
    name: "Bun.connect",
    moments: socket,
    use: ({ host, port }) =>
      new Promise((resolve, reject) => {
        Bun.connect({
          hostname: host,
          port,
          socket: { open: (one) => void one.write("hello\n"), data() {}, close: resolve, error: reject },
        }).catch(reject);
      }),
  },
  { name: "Bun.spawn", moments: process, use: ({ mark }) => Bun.spawn(["sleep", mark]).exited },
  {
    name: "Bun.write, of a response",
    moments: { body: () => ({ at: "body" }) },
    use: async ({ url }) => await Bun.write("/dev/null", await fetch(url)),
  },
  { name: "Bun.fetch", moments: REQUEST, use: async ({ url }) => await (await Bun.fetch(url)).text() },
  { name: "Bun.$", moments: process, use: ({ mark }) => Bun.$`sleep ${mark}` },
  { name: "Bun.file().text()", moments: pipe, use: ({ mark }) => Bun.file(mark).text() },
];

export const nativeLibraries: Library[] = [
  ...onDeno.map((library): Library => ({ ...library, runtimes: ["deno"] })),
  ...onBun.map((library): Library => ({ ...library, runtimes: ["bun"] })),
];
