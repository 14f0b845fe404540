/** Both ends of the protocol in one realm, without a worker. */
import { launch } from "../../src/host/mod.ts";
import {
  type Call,
  Callee,
  Caller,
  type CallMode,
  ControlBlock,
  type FromWorker,
  PLAIN,
  type Port,
  portPair,
  type Services,
  type Target,
  type ToWorker,
} from "../../src/wire/mod.ts";

export type Functions = Record<string, unknown>;

/** How a call ended; each call ends once. */
export interface Ending {
  value?: unknown;
  error?: unknown;
}

export class TestCall implements Call {
  seq = 0;
  moved = false;
  readonly shares: boolean = false;
  readonly tells: boolean = false;
  readonly endings: Ending[] = [];
  readonly streamed: unknown[] = [];
  readonly reports: unknown[] = [];
  hasBegun = false;
  readonly target: Target;
  readonly args: readonly unknown[];
  readonly mode: CallMode;
  readonly ended: Promise<Ending>;
  private resolve!: (ending: Ending) => void;

  constructor(target: Target, args: readonly unknown[], mode: CallMode = PLAIN, tells = false) {
    this.target = target;
    this.args = args;
    this.mode = mode;
    this.tells = tells;
    this.ended = new Promise((resolve) => this.resolve = resolve);
  }

  private end(ending: Ending): void {
    this.endings.push(ending);
    this.resolve(ending);
  }

  returned(value: unknown): void {
    this.end({ value });
  }

  threw(error: unknown): void {
    this.end({ error });
  }

  items(values: readonly unknown[]): void {
    this.streamed.push(...values);
  }

  progressed(value: unknown): void {
    this.reports.push(value);
  }

  began(): void {
    this.hasBegun = true;
  }
}

let targets = 0;

export class Link {
  readonly control: ControlBlock = new ControlBlock();
  readonly caller: Caller;
  readonly callee: Callee;
  readonly here: Port<FromWorker, ToWorker>;
  readonly there: Port<ToWorker, FromWorker>;
  readonly log: string[] = [];
  unstarted: Call[] = [];
  /** Given back at the end of a batch. */
  readonly refused: Call[] = [];
  whenFree: () => void = () => {};
  private readonly known: Map<string, Target> = new Map();

  constructor(functions: Functions, services: Partial<Services> = {}) {
    [this.here, this.there] = portPair<FromWorker, ToWorker>();
    this.caller = new Caller(this.here, this.control, {
      ready: () => this.log.push("ready"),
      free: (unstarted) => {
        this.log.push("free");
        this.refused.push(...unstarted);
        this.whenFree();
      },
      closed: (reason, unstarted) => {
        this.log.push(`closed: ${reason}`);
        this.unstarted = unstarted as Call[];
      },
    });
    this.callee = new Callee(this.there, this.control, {
      load: (url) => url === "no:such" ? Promise.reject(new Error("not there")) : Promise.resolve(functions),
      run: (body, signal) => launch(body as () => unknown, { signal }).promise,
      now: () => performance.now(),
      macrotask: (callback) => void setTimeout(callback, 0),
      end: () => this.there.close("ended"),
      ...services,
    });
  }

  target(name: string, url = "test:"): Target {
    const key = `${url} ${name}`;
    let target = this.known.get(key);
    if (target === undefined) {
      target = { fn: ++targets, url, name, cost: NaN, alone: false };
      this.known.set(key, target);
    }
    return target;
  }

  call(name: string, ...args: readonly unknown[]): TestCall {
    return new TestCall(this.target(name), args);
  }

  /** Sends one call alone. */
  async one(name: string, ...args: readonly unknown[]): Promise<Ending> {
    const call = this.call(name, ...args);
    this.caller.send([call]);
    return await call.ended;
  }
}
