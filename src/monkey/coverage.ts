/** What patches reach, and what they do not. */
import type { Group } from "./target.ts";

/** One call of the host's. */
export interface CoverageEntry {
  readonly group: Group;
  /** `fs/promises.readFile`, `Bun.spawn`. */
  readonly name: string;
  readonly patched: boolean;
  /** Why it is not. */
  readonly reason: string | undefined;
  /** For what a module exports: whether `import { readFile } from "node:fs"` gives what is patched. */
  readonly imports: NamedImports | undefined;
}

/** How far named imports of a module follow its patches. */
export interface NamedImports {
  /** `live`: those made before the patch and after it; `later`: those made after it; `none`: not even these. */
  readonly reached: "live" | "later" | "none";
  readonly reason: string;
}

/** What {@linkcode patchAll} gives. Disposing it undoes the patches, unless somebody else has asked for them, too. */
export class Coverage implements Disposable {
  /** `Deno`, `Bun` or `Node`. */
  readonly runtime: string;
  readonly #entries: () => readonly CoverageEntry[];
  readonly #dispose: () => void;

  constructor(runtime: string, entries: () => readonly CoverageEntry[], dispose: () => void) {
    this.runtime = runtime;
    this.#entries = entries;
    this.#dispose = dispose;
  }

  /**
   * As it is at the moment of the question. On Deno and Bun the reach of named imports is known a turn of the event loop
   * after the patch, and until then said to be `none`.
   */
  get entries(): readonly CoverageEntry[] {
    return this.#entries();
  }

  /** Names of what is bound to greenlets. */
  get patched(): string[] {
    return this.entries.filter((e) => e.patched).map((e) => e.name);
  }

  /** What is not, with the reason. */
  get missed(): CoverageEntry[] {
    return this.entries.filter((e) => !e.patched);
  }

  /** A report of both: a line for each part, for each module's named imports, and for each gap. */
  toString(): string {
    const { entries } = this;
    const parts = [...new Set(entries.map((e) => e.group))].map((group) => {
      const names = entries.filter((e) => e.group === group && e.patched).map((e) => e.name);
      return `${group}: ${names.length === 0 ? "nothing" : names.join(", ")}`;
    });
    const imports = entries.filter((e) =>
      e.patched && e.imports !== undefined && e.imports.reached !== "live"
    );
    const modules = new Map(imports.map((e) => [e.name.slice(0, e.name.lastIndexOf(".")), e.imports]));
    return [
      `patched on ${this.runtime}`,
      ...parts,
      ...[...modules].map(([module, it]) => `named imports of ${module}: ${it?.reached}: ${it?.reason}`),
      ...entries.filter((e) => !e.patched).map((e) => `not reached: ${e.name}: ${e.reason}`),
    ].join("\n");
  }

  [Symbol.dispose](): void {
    this.#dispose();
  }
}
