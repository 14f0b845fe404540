/**
 * A web site on this machine for the crawler to visit: two hosts (two ports of 127.0.0.1), one with the packages' guides
 * and one with their modules. It is plain `node:http` and knows nothing of greenlets: somebody else's server.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Corner, corners, ENTRANCES } from "./corners.ts";
import { findPackages, type Package, readDoc } from "./pages.ts";
import { list, markdownPage, modulePage, page } from "./render.ts";

export interface Site {
  /** Where the guides, the list of all packages and the corners are. */
  readonly guides: URL;
  readonly modules: URL;
  close(): Promise<void>;
}

const NODE_MODULES = new URL("../../../node_modules/", import.meta.url);

export async function startSite(nodeModules = NODE_MODULES): Promise<Site> {
  const packages = await findPackages(nodeModules);
  const servers: Server[] = [];
  const listen = async (
    answer: (url: URL, q: IncomingMessage, r: ServerResponse) => Promise<void>,
  ): Promise<URL> => {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://site");
      // The time that a network would take: the same for the same page, so that runs can be compared.
      setTimeout(
        () => void answer(url, request, response).catch(() => response.destroy()),
        5 + (url.pathname.length * 7) % 30,
      );
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  };
  const dark = corners();
  const modules = await listen((url, _request, response) => serveModule(packages, url, response));
  const guides = await listen((url, request, response) =>
    serveGuide(packages, modules, dark, url, request, response)
  );
  return { guides, modules, close: async () => void (await Promise.all(servers.map(stop))) };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections(); // some corners never end by themselves
  });
}

async function serveGuide(
  packages: Map<string, Package>,
  modules: URL,
  dark: Map<string, Corner>,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const corner = dark.get(url.pathname);
  if (corner) return corner(request, response, url);
  if (url.pathname === "/robots.txt") {
    return text(response, "# Hello, robot.\nUser-agent: *\nDisallow: /private/\n");
  }
  if (url.pathname === "/") {
    const entries = [...packages.keys()].map((name) => [`/${name}/`, name] as const);
    const bad = ENTRANCES.map((path) => [path, path] as const); // first, so that a short crawl meets them as well
    return html(response, page("All packages", list([["/corners/", "Dark corners"], ...bad, ...entries])));
  }
  const { pkg, path } = locate(packages, url);
  if (pkg && path === "") {
    const links = [
      ...pkg.markdown.map((file) => [file, file] as const),
      ...pkg.modules.map((file) => [new URL(`/${pkg.name}/${file}`, modules).href, file] as const),
      ...pkg.dependencies.filter((name) => packages.has(name)).map((name) =>
        [`/${name}/`, `uses ${name}`] as const
      ),
    ];
    return html(response, page(pkg.name, `<p>${pkg.description}</p>${list(links)}`));
  }
  const source = pkg?.markdown.includes(path) ? await readDoc(pkg, path) : undefined;
  if (source === undefined) return missing(response);
  html(response, markdownPage(`${pkg?.name} ${path}`, source));
}

async function serveModule(
  packages: Map<string, Package>,
  url: URL,
  response: ServerResponse,
): Promise<void> {
  if (url.pathname === "/") {
    return html(response, page("Modules", list([...packages.keys()].map((name) => [`/${name}/`, name]))));
  }
  const { pkg, path } = locate(packages, url);
  if (pkg && path === "") {
    return html(response, page(`Modules of ${pkg.name}`, list(pkg.modules.map((file) => [file, file]))));
  }
  const source = pkg?.modules.includes(path) ? await readDoc(pkg, path) : undefined;
  if (source === undefined) return missing(response);
  html(response, modulePage(`${pkg?.name} ${path}`, source));
}

function locate(packages: Map<string, Package>, url: URL): { pkg: Package | undefined; path: string } {
  const [, name = "", path = ""] = /^\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url.pathname) ?? [];
  return { pkg: packages.get(name), path };
}

function html(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(body);
}

function text(response: ServerResponse, body: string): void {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(body);
}

function missing(response: ServerResponse): void {
  response.writeHead(404, { "content-type": "text/html" }).end(page("Not found", "<p>No such page.</p>"));
}
