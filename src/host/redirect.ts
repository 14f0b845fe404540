/**
 * Deno: named imports of changed builtin modules, made from now on, lead to stand-ins.
 *
 * A stand-in is a module of ours, at a `data:` address, that exports the properties of the module's object as variables
 * and can fill them again; what it does not fill itself, getters above all, which may load much, comes from the real one.
 * The hook is told the *resolve* step only: a *load* hook makes `require("x.json")` fail. `require` is let through.
 *
 * Some modules (`worker_threads`, `util`, `url`, `zlib` of Deno 2.9) are found by their name before the answer of the hook
 * is looked at, when they are imported with `node:`. They have their exports from the moment of the first import, for
 * good. And where such a module has to be made while others are being linked, the process dies ("called Option::unwrap()
 * on a None value"). So a stand-in must always import the real one, which is then made while the stand-in is loaded.
 */
type Properties = Readonly<Record<string, unknown>>;
type Next = (specifier: string, context: Context) => unknown;

interface Context {
  readonly conditions?: readonly string[];
  readonly parentURL?: string;
}

interface Hooking {
  registerHooks?(hooks: { resolve(specifier: string, context: Context, next: Next): unknown }): unknown;
  isBuiltin?(name: string): boolean;
}

interface Process {
  getBuiltinModule(name: string): Properties | undefined;
}

/** What stand-ins find in the global object, where several copies of this library meet. */
interface Shared {
  get(name: string): Properties | undefined;
  /** What can be changed, by module; these have stand-ins. */
  readonly names: Map<string, ReadonlySet<string>>;
  /** How the stand-ins that have been imported are filled again. */
  readonly refill: Map<string, () => void>;
}

const KEY = 'Symbol.for("tendril.standIns")';
const key: unique symbol = Symbol.for("tendril.standIns") as never;
const shared = globalThis as { [key]?: Shared; process?: Process };

const hooking = (): Hooking => shared.process?.getBuiltinModule("node:module") as Hooking;

/** Whether there is a way. */
export function canRedirect(): boolean {
  return typeof hooking().registerHooks === "function";
}

/** From now on imports of these modules get what their objects have at each moment. */
export function redirect(names: readonly string[], changed: (name: string) => ReadonlySet<string>): void {
  if (!canRedirect()) return;
  const { names: led, refill } = shared[key] ??= start();
  for (const name of names) {
    led.set(name, changed(name));
    refill.get(name)?.();
  }
}

/** The namespaces that an `import` statement gives from now on. */
export async function probe(names: readonly string[]): Promise<Properties[]> {
  const lines = names.map((name, i) => `export * as m${i} from "node:${name}";`);
  const found = await import(address(lines.join(""))) as Record<string, Properties>;
  return names.map((_, i) => found[`m${i}`]);
}

const address = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

function start(): Shared {
  const { registerHooks, isBuiltin } = hooking();
  const state: Shared = {
    get: (name) => shared.process?.getBuiltinModule(`node:${name}`),
    names: new Map(),
    refill: new Map(),
  };
  const addresses = new Map<string, string>();
  const ours = new Set<string | undefined>();
  const resolve = (specifier: string, context: Context, next: Next): unknown => {
    const name = specifier.startsWith("node:") ? specifier.slice(5) : specifier;
    const isModule = name !== specifier || isBuiltin?.(name) === true;
    if (
      !isModule || !state.names.has(name) || ours.has(context.parentURL) ||
      context.conditions?.includes("import") !== true
    ) {
      return next(specifier, context);
    }
    let url = addresses.get(name);
    if (url === undefined) {
      url = address(standIn(name, state.get(name) ?? {}, state.names.get(name) ?? new Set()));
      addresses.set(name, url);
      ours.add(url);
    }
    return { url, format: "module", shortCircuit: true };
  };
  registerHooks?.({ resolve });
  return state;
}

/** The source of a stand-in. */
function standIn(name: string, object: Properties, changed: ReadonlySet<string>): string {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(object));
  const keys = properties.filter(([key, { get, enumerable }]) =>
    key !== "default" && (changed.has(key) || (get === undefined && enumerable === true))
  ).map(([key]) => JSON.stringify(key));
  const quoted = JSON.stringify(name);
  return [
    `export * from ${JSON.stringify(`node:${name}`)};`,
    `const shared = globalThis[${KEY}], o = shared.get(${quoted});`,
    keys.length === 0 ? "" : `let ${keys.map((_, i) => `v${i}`).join()};`,
    `const refill = () => { ${keys.map((key, i) => `v${i} = o[${key}];`).join("")} };`,
    `refill(); shared.refill.set(${quoted}, refill);`,
    `export { o as default, ${keys.map((key, i) => `v${i} as ${key}`).join()} };`,
  ].join("\n");
}
