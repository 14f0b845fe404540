// A greenlet's face.
import { getCurrent, type Greenlet, GreenletExit, isKill, type Op } from "../../src/mod.ts";
import { type Gives, is, same } from "./lib/equal.ts";

declare const g: Greenlet<string>;

is<number>()(g.id);
is<string>()(g.name);
is<AbortSignal>()(g.signal);
is<Greenlet<unknown> | undefined>()(g.parent);
for (const state of [g.started, g.ready, g.dead, g.successful, g.daemon]) is<boolean>()(state);
is<string | GreenletExit | undefined>()(g.value);
is<unknown>()(g.exception);
is<Op<boolean>>()(g.join());
is<Op<boolean>>()(g.join({ timeout: 5 }));
is<Op<string>>()(g.get({ timeout: 5 }));
is<Op<boolean>>()(g.kill("reason", { grace: 5, timeout: 5 }));
g.link((other) => is<Greenlet<string>>()(other));
g.linkValue((other) => is<Greenlet<string>>()(other));
g.linkException((other) => is<Greenlet<string>>()(other));
g.unlink(() => {});
g.name = "named";
is<PromiseLike<string>>()(g.then());
is<PromiseLike<number>>()(g.then((text) => text.length));
export const awaited = async () => is<string>()(await g);
same<Gives<typeof g>, string>();

is<Greenlet<unknown>>()(getCurrent());
is<boolean>()(isKill(new Error()));

// A greenlet of something is one of unknown, an operation and a promise of its result.
export const forms: [Greenlet<unknown>, Op<string>, PromiseLike<string>] = [g, g, g];

// @ts-expect-error: state is read-only
g.dead = true;
// @ts-expect-error: so is the id
g.id = 5;
// @ts-expect-error: a getter, not a method
g.ready();
// @ts-expect-error: options are an object
g.join(5);
// @ts-expect-error: no such option
g.get({ timeuot: 5 });
// @ts-expect-error: a link gets a greenlet
g.link((n: number) => n);
// @ts-expect-error: of the wrong result
export const wrong: Greenlet<number> = g;
