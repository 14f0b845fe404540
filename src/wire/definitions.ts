/** The functions that a worker was told of, and the modules that they stand in. */

export type Callable = (...args: readonly unknown[]) => unknown;
type Module = Readonly<Record<string, unknown>>;

/** One of them. */
export interface Definition {
  /** Undefined while it is loaded, and where it cannot be called. */
  call: Callable | undefined;
  /** Why not. */
  error: unknown;
  loading: Promise<void> | undefined;
}

/** By their numbers. A module is loaded when its first function is named, so that it is there, or nearly, at the call. */
export class Definitions {
  private readonly all: Definition[] = [];
  private readonly load: (url: string) => Promise<Module>;

  constructor(load: (url: string) => Promise<Module>) {
    this.load = load;
  }

  get(fn: number): Definition {
    return this.all[fn];
  }

  define(fn: number, url: string, name: string): void {
    const definition: Definition = { call: undefined, error: undefined, loading: undefined };
    this.all[fn] = definition;
    definition.loading = this.load(url).then(
      (module) => {
        definition.loading = undefined;
        const found = module[name];
        if (typeof found === "function") definition.call = found as Callable;
        else definition.error = notExported(url, name, module);
      },
      (error) => {
        definition.loading = undefined;
        definition.error = notLoaded(url, error);
      },
    );
  }
}

function notExported(url: string, name: string, module: Module): Error {
  const names = Object.keys(module).map((key) =>
    typeof module[key] === "function" ? key : `${key} (no function)`
  );
  const list = names.length === 0 ? "nothing" : names.join(", ");
  return new TypeError(`${url} exports no function ${JSON.stringify(name)}; it exports ${list}`);
}

function notLoaded(url: string, error: unknown): Error {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(`the worker could not load ${url}: ${why}`, { cause: error });
}
