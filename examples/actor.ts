// The gevent tutorial's actors: each has an inbox and handles one message at a time, so that its state needs no lock.
import assert from "node:assert/strict";
import { forEach, type Greenlet, joinAll, type Op, Queue, run, spawn } from "tendril";

abstract class Actor<M> {
  readonly inbox = new Queue<M>();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  abstract receive(message: M): Op<void>;

  start(): Greenlet<void> {
    return spawn({ name: this.name }, () => forEach(this.inbox, (message) => this.receive(message)));
  }

  /** The actor ends once it has handled what is in its inbox. */
  stop(): void {
    this.inbox.shutdown();
  }
}

interface Ball {
  readonly bounce: number;
  readonly from: Player;
}

const log: string[] = [];

class Player extends Actor<Ball> {
  *receive({ bounce, from }: Ball) {
    log.push(`${this.name} ${bounce}`);
    console.log(`${this.name} gets ball ${bounce}`);
    if (bounce < 6) return yield* from.inbox.put({ bounce: bounce + 1, from: this });
    this.stop();
    from.stop();
  }
}

await run(function* () {
  const ping = new Player("ping");
  const pong = new Player("pong");
  const players = [ping.start(), pong.start()];
  yield* ping.inbox.put({ bounce: 1, from: pong });
  yield* joinAll(players, { raiseError: true });
});
assert.deepEqual(log, ["ping 1", "pong 2", "ping 3", "pong 4", "ping 5", "pong 6"]);
console.log("game over");
