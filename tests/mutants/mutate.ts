/**
 * Makes a copy of the library with one wrong line in it: the sources are bundled into one module in a temporary folder, the
 * patched one in the place of the real one. A copy shares nothing with ours or with another.
 */
import { build } from "esbuild";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readText, root } from "../../scripts/lib/repo.ts";
import type { Mutant, Tendril, Testing } from "./kit.ts";

/** One library, whole. */
export interface Library {
  readonly tendril: Tendril;
  readonly testing: Testing;
}

const ENTRY = 'export * as tendril from "./mod.ts";\nexport * as testing from "./testing/mod.ts";\n';

/** The source of the mutant; throws where the patch does not fit. */
export function patched(
  { name, file, find, replace }: Pick<Mutant, "name" | "file" | "find" | "replace">,
): string {
  const text = readText(file);
  const found = text.split(find).length - 1;
  if (found !== 1) {
    throw new Error(
      `the patch of mutant ${name} does not fit: ${file} has its text ${found} times; change its \`find\` in` +
        ` tests/mutants/catalogue so that it seeds the same mistake into the source as it is now`,
    );
  }
  return text.replace(find, () => replace);
}

/** Loads the mutant as a library of its own. The file that it comes from is gone afterwards. */
export async function load(mutant: Mutant): Promise<Library> {
  const contents = patched(mutant), patchedPath = join(root, mutant.file);
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: join(root, "src"), loader: "ts" },
    bundle: true, // one file is read much faster than ninety
    write: false,
    format: "esm",
    target: "esnext",
    platform: "neutral",
    external: ["node:*", "bun:*"],
    plugins: [{
      name: "mutant",
      setup: (builder) => {
        builder.onLoad(
          { filter: /\.ts$/ },
          ({ path }) => path === patchedPath ? { contents, loader: "ts" } : undefined,
        );
      },
    }],
  });
  const folder = mkdtempSync(join(tmpdir(), "tendril-mutant-"));
  try {
    const path = join(folder, "mutant.mjs");
    writeFileSync(path, outputFiles[0].text);
    return await import(pathToFileURL(path).href) as Library;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
