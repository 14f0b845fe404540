import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** Bundles a module given as text; paths in it are seen from `bench/costs/`. */
export async function bundle(source: string, minify: boolean): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: {
      contents: source,
      resolveDir: fileURLToPath(new URL("../costs/", import.meta.url)),
      loader: "ts",
    },
    bundle: true,
    minify,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    // The patches are loaded when a run asks for them.
    external: ["node:*", "./monkey/mod.ts"],
    target: "esnext",
    logLevel: "error",
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild gave no file");
  return file.contents;
}
