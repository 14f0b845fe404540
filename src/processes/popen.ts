/**
 * A child process, and who ends it.
 *
 *     the greenlet that has started it is killed, or fails ─┐
 *     the scope in which it was started ends ───────────────┼─▶ SIGTERM to its group ─ grace ─▶ SIGKILL ─▶ reaped
 *     kill(), dispose ──────────────────────────────────────┘
 *     the program ends ─────────────────────────────────────────▶ SIGKILL
 *
 * In its scope a daemon greenlet stands for it, which the scope ends and waits for. One that is started outside of all
 * greenlets has no scope.
 */
import { current, currentNursery, duration, GreenletExit, show, WAIT, WaitLine } from "../core/mod.ts";
import { all, currentGreenlet, spawnInto, withTimeout } from "../greenlet/mod.ts";
import { op, type WaitOptions, waitTime } from "../sync/mod.ts";
import { type Awaitable, both, bothOf } from "../host/mod.ts";
import { HostChild, type SignalName, signalNumber } from "../host/io.ts";
import { HostLine } from "../net/io.ts";
import { ChildInput } from "./child_input.ts";
import { ChildOutput } from "./child_output.ts";
import {
  type Command,
  type DataOf,
  type ProcessOptions,
  type ProcessSetup,
  processSetup,
} from "./command.ts";
import { commandLine, type Data, TimeoutExpired } from "./errors.ts";
import { Talk } from "./talk.ts";

/** What `communicate` gives. */
export interface Output<D extends Data> {
  readonly stdout: D;
  readonly stderr: D;
}

/** Options of `communicate`. */
export interface CommunicateOptions extends WaitOptions {
  /** What the child reads from its stdin. */
  input?: Data;
}

/** Options of `kill`. */
export interface KillProcessOptions extends WaitOptions {
  /** Milliseconds from SIGTERM to SIGKILL; 0: SIGKILL at once. Default: what it was started with, or 1,000. */
  grace?: number;
}

/**
 * A child process, started by the constructor. Its standard streams are pipes to us unless the options say otherwise: read
 * what it writes, or let `communicate` do it, for a child whose pipe is full waits.
 *
 * It ends with the scope in which it was started, and when the greenlet that has started it is killed or fails: SIGTERM to
 * it and what it has started, and SIGKILL to what is left after `grace`. It is always reaped. Whoever starts one outside of
 * greenlets ends it himself (`await using`); the end of the program ends all.
 *
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { subprocess } from "tendril/processes";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   const child = new subprocess.Popen(["cat"]);
 *   yield* child.stdin.write("hello\n");
 *   assertEquals(yield* child.stdout.readLine({ timeout: 5_000 }), "hello");
 *   child.stdin.close();
 *   assertEquals(yield* child.wait(), 0);
 * });
 * ```
 */
export class Popen<T extends boolean = true> implements Disposable, AsyncDisposable {
  /** The command line. */
  readonly args: readonly string[];
  readonly #child: HostChild;
  readonly #setup: ProcessSetup;
  readonly #stdin: ChildInput | null;
  readonly #stdout: ChildOutput | null;
  readonly #stderr: ChildOutput | null;
  #talk: Talk | null = null;
  #unwatch: () => void = () => {};
  #cutsAtEnd = false;
  readonly #waiters: HostLine<number> = new HostLine<number>({
    subject: this,
    name: () => `the end of ${this.#name}`,
    rule: () => this.returncode ?? WAIT,
    lapse: ({ timeout }) => {
      throw this.#expired(timeout);
    },
  });
  readonly #enders: HostLine<boolean> = new HostLine<boolean>({
    subject: this,
    name: () => `the end of ${this.#name} and of what it has started`,
    rule: () => this.#child.isOver ? true : WAIT,
    lapse: () => false,
  });
  /** Where the greenlet stands that stands for it. Nobody else waits for that: it holds up no report of a deadlock. */
  readonly #keepers: WaitLine<void> = new WaitLine<void>({
    subject: this,
    name: () => `the end of ${this.#name} and its pipes`,
    rule: () => this.#isOver ? undefined : WAIT,
  });

  /**
   * @param command the program and its arguments, or `{ shell }`.
   * @throws `SpawnError` where it cannot be started: no such program, no such `cwd`, not executable, …; `TypeError` and
   * `RangeError` for arguments that make no sense, an empty command among them.
   */
  constructor(command: Command, options: ProcessOptions<T> = {}) {
    const setup = this.#setup = processSetup("Popen", command, options, "pipe");
    this.args = setup.argv;
    const child = this.#child = new HostChild(setup);
    const name = this.#name;
    const changed = () => this.#changed();
    this.#stdin = child.stdin === null ? null : new ChildInput(child.stdin, `the stdin of ${name}`);
    this.#stdout = child.stdout === null
      ? null
      : new ChildOutput(child.stdout, `the stdout of ${name}`, changed);
    this.#stderr = child.stderr === null
      ? null
      : new ChildOutput(child.stderr, `the stderr of ${name}`, changed);
    child.onchange = changed;
    if (current !== null) this.#settle();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Its exit code; the negative number of the signal that has killed it; null while it runs. */
  get returncode(): number | null {
    return this.#child.exitcode;
  }

  /** @throws `TypeError` where it is no pipe. */
  get stdin(): ChildInput {
    return this.#stdin ?? noPipe("stdin");
  }

  /** @throws `TypeError` where it is no pipe. */
  get stdout(): ChildOutput {
    return this.#stdout ?? noPipe("stdout");
  }

  /** @throws `TypeError` where it is no pipe. */
  get stderr(): ChildOutput {
    return this.#stderr ?? noPipe("stderr");
  }

  /** Waits for its end and gives its {@linkcode returncode}. @throws `TimeoutExpired`; then it runs on. */
  wait(options?: WaitOptions): Awaitable<number> {
    return bothOf(this.#waiters.wait(undefined, waitTime(options, "Popen.wait")));
  }

  /**
   * Sends `input` and closes stdin, reads stdout and stderr to the end, and waits for the child. What is no pipe gives
   * nothing. That the child does not read all of `input` is no error.
   *
   * @throws `TimeoutExpired`, with what has come until then: the child runs on, and the next call goes on where this one
   * was, so nothing is lost. The same holds for a call that is killed. `TypeError` for `input` without a pipe; `Error` for
   * `input` in a later call.
   */
  communicate(options: CommunicateOptions = {}): Awaitable<Output<DataOf<T>>> {
    const { input } = options;
    checkInput(input, "Popen.communicate");
    if (input !== undefined && this.#stdin === null) noPipe("stdin");
    const timeout = waitTime(options, "Popen.communicate");
    return both(() => this.#communicate(input, timeout));
  }

  /** Sends a signal to it and what it has started; false where nobody is left. @throws `TypeError` for an unknown one. */
  sendSignal(signal: SignalName): boolean {
    if (signalNumber(signal) === undefined) {
      throw new TypeError(`Popen.sendSignal needs the name of a signal, "SIGUSR1" say, not ${show(signal)}`);
    }
    return this.#child.signal(signal);
  }

  /** `sendSignal("SIGTERM")`. */
  terminate(): boolean {
    return this.sendSignal("SIGTERM");
  }

  /**
   * Ends it and what it has started: SIGTERM, and SIGKILL to what is left after `grace`. Acts at the call; the operation
   * waits until it is done and reaped, and gives false where `timeout` came first.
   */
  kill(options: KillProcessOptions = {}): Awaitable<boolean> {
    const grace = duration(options.grace ?? this.#setup.grace, "Popen.kill's grace");
    if (grace === 0) this.#child.kill();
    else this.#child.end(grace);
    return bothOf(this.#enders.wait(undefined, waitTime(options, "Popen.kill")));
  }

  /** `kill()`, which acts at the call, and its pipes are closed after it. */
  [Symbol.dispose](): void {
    this.#cutsAtEnd = true;
    this.#child.end(this.#setup.grace);
    this.#changed();
  }

  /** The same, and waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.kill();
  }

  get #name(): string {
    return `${commandLine(this.args)} (pid ${this.pid})`;
  }

  get #isOver(): boolean {
    return this.#child.isOver && this.#stdout?.isOpen !== true && this.#stderr?.isOpen !== true;
  }

  *#communicate(input: Data | undefined, timeout: number): Generator<unknown, Output<DataOf<T>>, unknown> {
    if (this.#talk !== null && input !== undefined) {
      throw new Error("Popen.communicate was given input a second time: the first call has sent its own");
    }
    const talk = this.#talk ??= new Talk(this.#stdin, this.#stdout, this.#stderr, input);
    const parts = [talk.send(), talk.receive(), talk.receiveErrors(), this.wait()];
    const late = Symbol();
    if ((yield* withTimeout(timeout, all(parts), { value: late })) === late) throw this.#expired(timeout);
    return this.#received();
  }

  #received(): Output<DataOf<T>> {
    const { decode } = this.#setup;
    const of = (chunks: readonly Uint8Array[]) => decode(joined(chunks)) as DataOf<T>;
    return { stdout: of(this.#talk?.stdout ?? []), stderr: of(this.#talk?.stderr ?? []) };
  }

  #expired(timeout: number): TimeoutExpired<DataOf<T>> {
    const { stdout, stderr } = this.#received();
    return new TimeoutExpired(this.args, timeout, stdout, stderr);
  }

  /** It lives in the scope of the greenlet that runs, and dies with that. */
  #settle(): void {
    const owner = currentGreenlet("Popen");
    const end = () => this.#child.end(this.#setup.grace);
    const ownerEnded = {
      taskEnded: () => {
        if (!owner.successful || owner.value instanceof GreenletExit) end();
      },
    };
    owner.watch(ownerEnded);
    this.#unwatch = () => owner.unwatch(ownerEnded);
    const options = { name: this.#name, daemon: true };
    const keeper = spawnInto<void>(currentNursery("Popen"), "Popen", [options, () => this.#keep()]);
    keeper.watch({ taskEnded: end }); // one that is killed before it has begun runs no cleanup
  }

  #keep() {
    const keep = function* (this: Popen<T>): Generator<unknown, void, unknown> {
      try {
        yield* this.#keepers.wait(undefined);
      } finally {
        this.#child.end(this.#setup.grace);
        yield* this.#enders.wait(undefined);
        this.#cut();
      }
    };
    return op(() => keep.call(this));
  }

  #changed(): void {
    this.#waiters.serve();
    this.#enders.serve();
    if (this.#cutsAtEnd && this.#child.isOver) this.#cut();
    if (this.#isOver) this.#unwatch();
    this.#keepers.serve();
  }

  /** Lets go of pipes that somebody may hold who has left the group. What has come can still be read. */
  #cut(): void {
    this.#stdin?.cut();
    this.#stdout?.cut();
    this.#stderr?.cut();
  }
}

/** @throws TypeError where it is neither text nor bytes. */
export function checkInput(input: unknown, what: string): void {
  if (input === undefined || typeof input === "string" || input instanceof Uint8Array) return;
  throw new TypeError(`${what}'s input must be text or a Uint8Array, not ${show(input)}`);
}

function noPipe(name: string): never {
  throw new TypeError(`Popen.${name}: it is no pipe, start the process with { ${name}: "pipe" }`);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
