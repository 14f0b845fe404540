/**
 * The runtime's own modules, and how far a change of them reaches named imports.
 *
 * `require("fs")`, `import fs from "node:fs"` and `process.getBuiltinModule("fs")` give one object on every runtime, so
 * changing its properties reaches whoever asks it at the call. `import { readFile } from "node:fs"` does not ask: it reads
 * a variable of a second object, the module's namespace, which was filled when the module was first imported.
 *
 *     Node   `syncBuiltinESMExports` fills the namespaces again. Documented.
 *     Bun    `mock.module`, of `bun:test` but there in every program, fills one namespace with the properties of an object;
 *            given the module's own object, it is the same thing. Undocumented for this use.
 *     Deno   has nothing of the kind: imports made from now on are led to stand-ins; see redirect.ts. Undocumented.
 *
 * Nobody gets at a variable of CommonJS code (`const { readFile } = require("fs")`, executed before).
 *
 * What is not documented is looked up afterwards: {@linkcode reach} compares the namespaces with the objects. A file of this folder
 * must not import a builtin module that gets patched by an `import` statement: Deno fills the namespaces of some of them,
 * `worker_threads` is one, for good when they are first imported. Ask {@linkcode builtin} for it.
 */
import { canRedirect, probe, redirect } from "./redirect.ts";

type Properties = Readonly<Record<string, unknown>>;

interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): object | undefined };
  readonly Bun?: unknown;
  readonly Deno?: unknown;
}

interface ModuleModule {
  syncBuiltinESMExports?(): void;
  isBuiltin?(name: string): boolean;
}

interface BunTest {
  readonly mock?: { module?(name: string, exports: () => object): unknown };
}

const runtime = globalThis as Runtime;
const host = runtime.Deno !== undefined ? "Deno" : runtime.Bun !== undefined ? "Bun" : "Node";
const own = (name: string): object | undefined => runtime.process?.getBuiltinModule?.(name);

/**
 * The object of a builtin module, whose properties are what `require` and the default import give. On Bun also of the npm
 * packages that it has built in (`undici`).
 */
export function builtin(name: string): object | undefined {
  return own(`node:${name}`) ?? own(name);
}

/** As what it can be imported: `node:fs` and `fs`, but only `node:test` and only `undici`. */
function specifiers(name: string): string[] {
  const { isBuiltin } = own("node:module") as ModuleModule;
  const names = own(`node:${name}`) === undefined ? [] : [`node:${name}`];
  return isBuiltin?.(name) === true ? [...names, name] : names;
}

/** What is known of a module that was changed. */
interface Changed {
  readonly names: Set<string>;
  /** What imports of it read; undefined until it is there. */
  namespace?: Properties;
}

const changes = new Map<string, Changed>();
let looking: Promise<unknown> = Promise.resolve();
/** Why a namespace could not be fetched. */
let blind: unknown;

/**
 * Tells named imports what has changed in builtin modules, by a patch or by taking it back. The objects themselves have
 * their new properties already; names that are no module's (`globalThis`, `http.Agent.prototype`) are passed over.
 */
export function syncNamedImports(changed: ReadonlyMap<string, ReadonlySet<string>>): void {
  const modules = [...changed.keys()].filter((name) => builtin(name) !== undefined);
  const fresh = modules.filter((name) => !changes.has(name));
  for (const name of modules) {
    const known = changes.get(name) ?? { names: new Set() };
    changes.set(name, known);
    for (const property of changed.get(name) ?? []) known.names.add(property);
  }
  if (modules.length === 0) return;
  if (host === "Deno") redirect(modules, (name) => changes.get(name)?.names ?? new Set());
  else if (host === "Bun") modules.forEach(refill);
  else (own("node:module") as ModuleModule).syncBuiltinESMExports?.();
  // What the importers see, for `reach`. A namespace is one object for good, so it is fetched once. Not on Node, which
  // would load for 15 ms what hides behind getters, and says in its documentation that it works.
  if (fresh.length > 0 && host !== "Node") {
    looking = Promise.all([
      looking,
      look(fresh).catch((error) => blind = error),
    ]);
  }
}

/** Bun: the namespaces of one module. */
function refill(name: string): void {
  const object = builtin(name) as object;
  const mock = (own("bun:test") as BunTest | undefined)?.mock;
  // Those without a `default` of their own are imported as it all the same.
  const exports = () => "default" in object ? object : { ...object, default: object };
  for (const specifier of specifiers(name)) mock?.module?.(specifier, exports);
}

/** Not Node. */
async function look(names: readonly string[]): Promise<void> {
  const found = host === "Deno"
    ? await probe(names)
    : await Promise.all(names.map((name) => import(specifiers(name)[0])));
  // A change while it was loaded has not reached it.
  if (host === "Bun") names.forEach(refill);
  names.forEach((name, i) => (changes.get(name) as Changed).namespace = found[i]);
}

/** How far named imports follow a module's changes. */
export interface Reach {
  /** Those that were made before the change and after it; only those made after it; not even these. */
  readonly imports: "live" | "later" | "none";
  readonly reason: string;
}

const CLAIMS: Readonly<Record<typeof host, Reach>> = {
  Node: { imports: "live", reason: "module.syncBuiltinESMExports fills all named imports again" },
  Bun: { imports: "live", reason: "mock.module of bun:test fills all named imports again" },
  Deno: {
    imports: "later",
    reason:
      "imports made before the first patch keep what they had: start with the loader, or import() what comes after",
  },
};

const none = (reason: string): Reach => ({ imports: "none", reason });

/**
 * How far named imports of a builtin module follow its changes now. Where the runtime's way is not documented, nothing is
 * claimed until it was seen to work; see {@linkcode namedImportsKnown}.
 */
export function reach(name: string): Reach {
  if (name === "Bun" || name === "bun") {
    return { imports: "later", reason: 'import { … } from "bun" copies when the importing module begins' };
  }
  const object = builtin(name) as Properties | undefined;
  if (object === undefined) return { imports: "live", reason: "no module: it is found at each use" };
  const known = changes.get(name);
  if (known === undefined) return none("nothing in it was changed");
  const { names, namespace } = known;
  if (host === "Deno" && !canRedirect()) return none("this Deno has no module.registerHooks");
  if (namespace === undefined) {
    if (host === "Node") return CLAIMS.Node;
    return none(blind === undefined ? "not known before the next turn" : `not seen to work: ${blind}`);
  }
  const stale = [...names].filter((key) => key in object && namespace[key] !== object[key]);
  if (stale.length === 0) return CLAIMS[host];
  return none(`imports still get what was there when it was first imported: ${stale.join(", ")}`);
}

/** Fulfilled when {@linkcode reach} knows all. */
export async function namedImportsKnown(): Promise<void> {
  await looking;
}
