/**
 * What the local site has to serve: the documentation of the packages that are installed here. Markdown files as they
 * are, and one page per source module from its doc comments, which gives several hundred pages with real relative links.
 */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Package {
  readonly name: string;
  readonly description: string;
  readonly dependencies: readonly string[];
  readonly folder: string;
  /** Paths inside the package, with "/", sorted. */
  readonly markdown: readonly string[];
  readonly modules: readonly string[];
}

/** Enough to be a site, few enough to list at once: very large packages show their first modules only. */
const MODULES_PER_PACKAGE = 150;

/** Larger files make a page of megabytes, and the site renders in the thread of the crawler. */
const MAX_FILE_BYTES = 120_000;

/** Tests, programs, and second builds of the same modules. */
const SKIPPED_FOLDERS = /(^|\/)(node_modules|bin|tests?|cjs|types\d+)\//;

export async function findPackages(nodeModules: URL): Promise<Map<string, Package>> {
  const root = fileURLToPath(nodeModules);
  const names: string[] = [];
  for (const name of await readdir(root)) {
    if (name.startsWith(".")) continue;
    if (name.startsWith("@")) {
      for (const inner of await readdir(join(root, name))) names.push(`${name}/${inner}`);
    } else names.push(name);
  }
  const found = await Promise.all(names.sort().map((name) => readPackage(root, name)));
  return new Map(found.filter((p) => p !== undefined).map((p) => [p.name, p]));
}

async function readPackage(root: string, name: string): Promise<Package | undefined> {
  const folder = await realpath(join(root, name)); // some installers link packages
  let manifest: { description?: unknown; dependencies?: unknown };
  try {
    manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  } catch {
    return undefined;
  }
  const files = await listFiles(folder);
  return {
    name,
    description: typeof manifest.description === "string" ? manifest.description : "",
    dependencies: Object.keys((manifest.dependencies ?? {}) as Record<string, unknown>),
    folder,
    markdown: await notTooLarge(folder, files.filter((file) => /\.md$/i.test(file))),
    modules: await notTooLarge(folder, modulesOf(files).slice(0, MODULES_PER_PACKAGE)),
  };
}

/** A package holds each module up to four times (source, types, two builds): take the first form that there is. */
function modulesOf(files: readonly string[]): string[] {
  const forms = [/^src\/.*(?<!\.d)\.ts$/, /\.d\.m?ts$/, /\.m?js$/];
  for (const form of forms) {
    const hits = files.filter((file) => form.test(file));
    if (hits.length > 0) return hits;
  }
  return [];
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  const paths = entries.map((entry) => entry.replaceAll("\\", "/"));
  const wanted = paths.filter((path) => /\.(md|m?ts|m?js)$/i.test(path) && !SKIPPED_FOLDERS.test(path));
  return wanted.sort();
}

async function notTooLarge(folder: string, files: readonly string[]): Promise<string[]> {
  const infos = await Promise.all(files.map((file) => stat(join(folder, file))));
  return files.filter((_file, i) => infos[i]?.isFile() && infos[i].size <= MAX_FILE_BYTES);
}

/** The text of one of the package's files. */
export function readDoc(pkg: Package, path: string): Promise<string> {
  return readFile(join(pkg.folder, path), "utf8");
}
