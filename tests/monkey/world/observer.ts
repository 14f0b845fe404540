/**
 * The test's side of the observer, see observer_main.ts. Import this before anything is patched: it keeps the timers and
 * the pipes that it found.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Answer, Ask, Place, Seen } from "./protocol.ts";

const { setTimeout, clearTimeout } = globalThis;
const { now } = Date;

type Order<A = Ask> = A extends Ask ? Omit<A, "id"> : never;
type Reply = { readonly place?: number; readonly port?: number; readonly count?: number };

/** Milliseconds until something that should come is taken not to. */
const PATIENCE = 4000;
/** Milliseconds after which something that should have happened earlier is taken never to happen. */
const NEVER = 2000;

/** Where this file is; the tool is what `npm ci` has put there. */
const nodePath = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
const mainPath = fileURLToPath(new URL("observer_main.ts", import.meta.url));

/** It has happened, and later than it had to: a machine that is busy may be the reason. */
export class LateError extends Error {
  override readonly name: string = "LateError";
}

/** What the observer sees at one place. */
export class Observed {
  readonly port: number;
  readonly seen: Seen[] = [];
  private readonly observer: Observer;
  private readonly place: number;
  private waiting: (() => void)[] = [];

  constructor(observer: Observer, place: number, port: number) {
    this.observer = observer;
    this.place = place;
    this.port = port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Called for each thing that is seen. */
  note(seen: Seen): void {
    this.seen.push(seen);
    for (const check of this.waiting) check();
  }

  count(what: Seen["what"]): number {
    return this.seen.filter((one) => one.what === what).length;
  }

  get requestCount(): number {
    return this.count("request");
  }

  /** Numbers of the connections that are open, and on which the client has said something if it has to speak first. */
  get inUse(): number[] {
    return this.opened().filter((number) => this.isUsed(number));
  }

  /** Connections that are open and on which nothing was ever said: what a pool opens on its own account. */
  get spareCount(): number {
    return this.opened().filter((number) => !this.isUsed(number)).length;
  }

  private opened(): number[] {
    const numbers = (what: Seen["what"]) =>
      this.seen.filter((one) => one.what === what).map(({ connection }) => connection);
    const closed = new Set(numbers("closed"));
    return numbers("connected").filter((number) => !closed.has(number));
  }

  private isUsed(number: number): boolean {
    return this.seen.some((one) => one.connection === number && /request|reached/.test(one.what));
  }

  /** Waits until `condition` holds; says after `ms` milliseconds what was seen instead. */
  until(condition: () => boolean, wanted: string, ms: number = PATIENCE): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.waiting = this.waiting.filter((other) => other !== check);
      };
      const check = () => {
        if (!condition()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`not seen in ${ms} ms: ${wanted}. Seen: ${this.story()}`));
      }, ms);
      this.waiting.push(check);
      check();
    });
  }

  /** Waits until so many clients are at the moment that this place is for. */
  reached(clients: number = 1, patience?: number): Promise<void> {
    return this.until(() => this.count("reached") >= clients, `${clients} clients at the moment`, patience);
  }

  /**
   * Waits until no connection is left, which must be so `ms` milliseconds after `since`, by the observer's own clock; waits
   * `patience` milliseconds longer to know whether it is late or never comes. Gives the milliseconds that it took.
   * @throws `LateError` if it was late.
   */
  async closedWithin(ms: number, since: number, patience: number = NEVER): Promise<number> {
    const wait = Math.max(0, since + ms - now()) + patience;
    await this.until(() => this.inUse.length === 0, `every connection closed within ${ms} ms`, wait);
    const last = Math.max(
      since,
      ...this.seen.filter(({ what }) => what === "closed").map(({ time }) => time),
    );
    if (last - since > ms) {
      throw new LateError(`closed after ${last - since} ms, not within ${ms}: ${this.story()}`);
    }
    return last - since;
  }

  /** Waits until `ms` milliseconds after `since`, in which no request may come, nor a client at a place that is for connecting. */
  async nothingFurther(ms: number, since: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, since + ms - now())));
    const late = this.seen.filter(({ what, time, connection }) =>
      time > since + SLACK && (what === "request" || (what === "connected" && this.isUsed(connection)))
    );
    if (late.length === 0) return;
    const why = `still ${late.length} more: ${this.story()}`;
    // A single one may have been on its way out of a busy machine; who tries again does so more than once.
    throw late.filter(({ what }) => what === "request").length <= 1 ? new LateError(why) : new Error(why);
  }

  /** All that was seen, in short. */
  story(): string {
    const start = this.seen[0]?.time ?? 0;
    const lines = this.seen.map((one) =>
      `${one.time - start} ${one.what} ${one.connection}${one.text ? ` (${one.text})` : ""}`
    );
    return lines.length > 0 ? lines.slice(-12).join(", ") : "nothing";
  }

  close(): Promise<unknown> {
    return this.observer.ask({ ask: "close", place: this.place });
  }
}

/** Milliseconds between a decision here and its effect there: what was sent before does not count. */
const SLACK = 50;

/** A running observer. */
export class Observer {
  private readonly child = spawn(nodePath, ["--disable-warning=ExperimentalWarning", mainPath], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TENDRIL_TEST_LOG: "", NODE_TEST_CONTEXT: "" },
  });
  private readonly places = new Map<number, Observed>();
  /** What was seen before the answer that tells of the place. */
  private readonly early = new Map<number, Seen[]>();
  private readonly asked = new Map<number, PromiseWithResolvers<Reply>>();
  private last = 0;
  private rest = "";

  constructor() {
    const decoder = new TextDecoder();
    this.child.stdout.on("data", (chunk: Uint8Array) => {
      const lines = (this.rest + decoder.decode(chunk, { stream: true })).split("\n");
      this.rest = lines.pop() as string;
      for (const line of lines) this.take(JSON.parse(line) as Answer);
    });
    this.child.on("exit", (code, signal) => {
      for (const { reject } of this.asked.values()) {
        reject(new Error(`the observer ended with ${signal ?? code}`));
      }
      this.asked.clear();
    });
  }

  private take(answer: Answer): void {
    if ("seen" in answer) {
      const { place, seen } = answer;
      const observed = this.places.get(place);
      if (observed !== undefined) observed.note(seen);
      else this.early.set(place, [...this.early.get(place) ?? [], seen]);
      return;
    }
    const asked = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if ("error" in answer) asked?.reject(new Error(`the observer: ${answer.error}`));
    else {
      if (answer.place !== undefined) {
        this.places.set(answer.place, new Observed(this, answer.place, answer.port as number));
      }
      asked?.resolve(answer);
    }
  }

  ask(order: Order): Promise<Reply> {
    const id = ++this.last;
    const asked = Promise.withResolvers<Reply>();
    this.asked.set(id, asked);
    this.child.stdin.write(`${JSON.stringify({ id, ...order })}\n`);
    return asked.promise;
  }

  async open(place: Place): Promise<Observed> {
    const number = (await this.ask({ ask: "open", place })).place as number;
    const observed = this.places.get(number) as Observed;
    for (const seen of this.early.get(number) ?? []) observed.note(seen);
    this.early.delete(number);
    return observed;
  }

  /** How many queries with `text` in them PostgreSQL is running. */
  async queries(url: string, text: string): Promise<number> {
    return (await this.ask({ ask: "queries", url, text })).count as number;
  }

  /** Ends it, and everything that it has opened. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.child.once("exit", () => resolve());
      this.child.stdin.end();
    });
  }
}
