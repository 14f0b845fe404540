/**
 * The observer: the servers that clients under test talk to, in a process of its own and always on Node, so that
 * nothing that happens in the client's runtime disturbs what is seen here, nor when. It takes orders on stdin, says
 * on stdout what it sees, and ends with its stdin.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type Opened, openPlace } from "./places.ts";
import type { Answer, Ask, Seen } from "./protocol.ts";
import { countQueries } from "./queries.ts";

const places = new Map<number, Opened>();
let lastPlace = 0;

function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function obey(order: Ask): Promise<Answer> {
  const { id } = order;
  switch (order.ask) {
    case "open": {
      const place = ++lastPlace;
      const see = (what: Seen["what"], connection: number, text?: string) =>
        say({ place, seen: { what, time: Date.now(), connection, text } });
      const opened = await openPlace(order.place, see);
      places.set(place, opened);
      return { id, place, port: opened.port };
    }
    case "close":
      await places.get(order.place)?.close();
      places.delete(order.place);
      return { id };
    case "queries":
      return { id, count: await countQueries(order.url, order.text) };
  }
}

process.stdout.on("error", () => process.exit(0)); // nobody listens any more
createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line) as Ask;
  obey(order).then(say, (error: Error) => say({ id: order.id, error: error.stack ?? String(error) }));
}).on("close", () => process.exit(0));
