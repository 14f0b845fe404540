// Every example is run as its reader would run it; the crawler also in this process, on a site that is only a Map.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "tendril";
import { type CrawlOptions, Crawler, type Page } from "../examples/crawler/crawl.ts";
import { parsePage } from "../examples/crawler/parse.ts";
import { Robots } from "../examples/crawler/robots.ts";
import { assert, assertEquals, assertMatch } from "./assert.ts";
import { describe, runtime, test } from "./harness.ts";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
const crawler = join(examples, "crawler", "main.ts");

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program with this runtime. `onOutput` sees all that was written so far. */
function execute(args: string[], onOutput?: (output: string, pid: number) => void): Promise<Ended> {
  const before = { deno: ["run", "-A", "--no-check"], bun: [], node: ["--conditions=tendril-source"] }[runtime];
  const env = { ...process.env, NO_COLOR: "1", NODE_NO_WARNINGS: "1", TENDRIL_TEST_LOG: "" };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...before, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
    let output = "";
    const add = (data: Uint8Array) => {
      output += new TextDecoder().decode(data);
      onOutput?.(output, child.pid ?? 0);
    };
    child.stdout.on("data", add);
    child.stderr.on("data", add);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tendril-examples-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("examples", () => {
  const files = readdirSync(examples).filter((name) => name.endsWith(".ts"));

  // All at once at the first test: most of their time is the start of the runtime.
  let running: Map<string, Promise<Ended>> | undefined;
  for (const file of files) {
    test(file, async () => {
      running ??= new Map(files.map((name) => [name, execute([join(examples, name)])]));
      const { code, output } = await running.get(file) as Ended;
      assertEquals(code, 0, output);
      assert(output.trim() !== "", "it should print something");
    });
  }

  test("each is listed in the README and stays short", () => {
    const readme = readFileSync(join(examples, "README.md"), "utf8");
    for (const file of files) {
      assert(readme.includes(`(${file})`), `${file} is not listed`);
      const lines = readFileSync(join(examples, file), "utf8").trimEnd().split("\n").length;
      assert(lines <= 70, `${file} has ${lines} lines`);
    }
  });
});

describe("crawler program", () => {
  const quick = ["--max-pages", "60", "--timeout", "250", "--retries", "1"];

  test("crawls its own site", () =>
    withFolder(async (out) => {
      const { code, output } = await execute([crawler, ...quick, "--out", out]);
      assertEquals(code, 0, output);
      assertMatch(output, /pages +\d\d\n/);
      assertMatch(output, /errors +\d+\n/);
      const pages = readLines(join(out, "pages.ndjson")) as { number: number; url: string; title: string }[];
      assert(pages.length >= 30 && pages.length <= 60, `${pages.length} pages`);
      assertEquals(pages.map((page) => page.number), pages.map((_page, i) => i + 1));
      assert(pages.some((page) => page.title === "All packages"));
      const words = readLines(join(out, "words.ndjson")) as { word: string; pages: Record<string, number> }[];
      assert(words.length > 100, `${words.length} words`);
      for (const { pages: places } of words) assert(Object.keys(places).every((n) => Number(n) <= pages.length));
    }));

  test("keeps what it has at Ctrl-C", () =>
    withFolder(async (out) => {
      let sent = false;
      const { code, output } = await execute([crawler, "--max-pages", "100000", "--out", out], (sofar, pid) => {
        if (sent || !/^\d+\/\d+ pages/m.test(sofar)) return;
        sent = true;
        process.kill(pid, "SIGINT");
      });
      assertEquals(code, 130, output);
      assertMatch(output, /requests at once, at most +\d+\n/);
      assert(readLines(join(out, "pages.ndjson")).length > 10);
      assert(readLines(join(out, "words.ndjson")).length > 100);
    }));

  test("tells what is wrong with its arguments", async () => {
    const wrong: [args: string[], code: number, output: RegExp][] = [
      [["--help"], 0, /--max-pages N/],
      [["--fast"], 2, /--fast[^]*Try --help/],
      [["--retries", "many"], 2, /whole number/],
      [["ftp://example.org/"], 2, /not an http or https URL/],
      [["--timeout", "1000", "--retries", "0", "http://127.0.0.1:47981/"], 1, /connection refused +1\n/],
      [["--out", join(crawler, "out")], 1, /ENOTDIR|not a directory|EEXIST|Not a directory/i],
    ];
    await Promise.all(wrong.map(async ([args, code, expected]) => {
      const ended = await execute([crawler, ...args]);
      assertMatch(ended.output, expected);
      assertEquals(ended.code, code, ended.output);
    }));
  });
});

function readLines(file: string): unknown[] {
  return readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
}

type Answer = string | number | { to: string } | ((visit: number) => Answer) | Error;

/** Crawls a site given as paths and what they answer: a page, a status, a redirect, or one after the other. */
async function crawl(site: Record<string, Answer>, options: Partial<CrawlOptions> = {}) {
  const pages: Page[] = [];
  const requests: string[] = [];
  const visits = new Map<string, number>();
  const crawler = new Crawler({
    ...{ maxPages: 100, maxDepth: 10, concurrency: 4, perHost: 4, timeout: 1_000, retries: 2, backoff: 1 },
    ...{ maxBytes: 1_000, agent: "test/1", allows: (url) => url.host === "site.test" },
    onPage: (page) => void pages.push(page),
    fetch: (url) => {
      const path = url.pathname + url.search;
      const visit = (visits.get(path) ?? 0) + 1;
      visits.set(path, visit);
      requests.push(path);
      return new Promise((resolve, reject) => {
        let answer = site[path] ?? 404;
        if (typeof answer === "function") answer = answer(visit);
        if (answer instanceof Error) reject(answer);
        else if (answer === "never") return;
        else if (typeof answer === "string") resolve(new Response(answer, { headers: { "content-type": "text/html" } }));
        else if (typeof answer === "number") resolve(new Response("", { status: answer }));
        else if ("to" in answer) resolve(new Response(null, { status: 302, headers: { location: answer.to } }));
      });
    },
    ...options,
  });
  await run(() => crawler.run([new URL("http://site.test/")]));
  const { stats } = crawler;
  return { pages, paths: pages.map((page) => page.url.slice("http://site.test".length)), requests, stats };
}

const link = (...to: string[]) => to.map((path) => `<a href="${path}">${path}</a>`).join(" ");

describe("crawler", () => {
  test("goes breadth first, visits everything once and stays on the host", async () => {
    const { paths, requests } = await crawl({
      "/": link("/a", "/b", "http://elsewhere.test/"),
      "/a": link("a1", "a2", "/"),
      "/b": link("/a#top", "b1"),
      ...{ "/a1": "one", "/a2": link("/a1"), "/b1": link("/deep") },
      "/deep": "deep",
    }, { concurrency: 1 });
    assertEquals(paths, ["/", "/a", "/b", "/a1", "/a2", "/b1", "/deep"]);
    assertEquals(requests.length, paths.length + 1); // robots.txt
  });

  test("stops at the limits", async () => {
    const calendar = { "/": link("/day?n=1"), ...days(50) };
    assertEquals((await crawl(calendar, { maxDepth: 3 })).paths, ["/", "/day?n=1", "/day?n=2", "/day?n=3"]);
    assertEquals((await crawl(calendar, { maxPages: 3 })).paths.length, 3);
  });

  test("keeps to the bounds of concurrency", async () => {
    const many = Array.from({ length: 30 }, (_, i) => `/p${i}`);
    const site = { "/": link(...many), ...Object.fromEntries(many.map((path) => [path, "x"])) };
    assertEquals((await crawl(site, { concurrency: 5, perHost: 100 })).stats.peak, 5);
    assertEquals((await crawl(site, { concurrency: 50, perHost: 3 })).stats.peak, 3);
    assertEquals((await crawl(site, { concurrency: 5, perHost: 3 })).paths.length, 31);
  });

  test("tries again what may pass, and nothing else", async () => {
    const { paths, requests, stats } = await crawl({
      "/": link("/flaky", "/broken", "/gone", "/lost"),
      "/flaky": (visit) => visit < 3 ? 503 : "there",
      "/broken": 500,
      "/lost": new TypeError("fetch failed"),
    });
    assertEquals(paths, ["/", "/flaky"]);
    assertEquals([...stats.errors].sort(), [["connection lost", 1], ["http 404", 1], ["http 500", 1]]);
    const count = (path: string) => requests.filter((request) => request === path).length;
    assertEquals([count("/flaky"), count("/broken"), count("/gone"), count("/lost")], [3, 3, 1, 3]);
    assertEquals(stats.retries, 6);
  });

  test("gives up on what never answers", async () => {
    const { stats } = await crawl({ "/": link("/never"), "/never": "never" }, { timeout: 5, retries: 1 });
    assertEquals([...stats.errors], [["timeout", 1]]);
  });

  test("follows redirects, but not in circles nor off the site", async () => {
    const { pages, stats } = await crawl({
      "/": link("/x", "/loop", "/away", "/bad"),
      "/x": { to: "y" },
      "/y": { to: "/z" },
      "/z": "arrived",
      "/loop": { to: "/pool" },
      "/pool": { to: "/loop" },
      "/away": { to: "http://elsewhere.test/" },
      "/bad": { to: "http://[" },
    });
    assertEquals(pages.map(({ url, redirects }) => [url, redirects]), [
      ["http://site.test/", 0],
      ["http://site.test/z", 2],
    ]);
    assertEquals([...stats.errors.keys()].sort(), ["bad redirect", "redirect loop", "redirect off site"]);
  });

  test("obeys robots.txt, also behind a redirect", async () => {
    const { paths, requests, stats } = await crawl({
      "/robots.txt": "User-agent: *\nDisallow: /private",
      "/": link("/private/a", "/back-door", "/public"),
      "/back-door": { to: "/private/b" },
      "/public": "p",
    });
    assertEquals(paths, ["/", "/public"]);
    assertEquals(stats.errors.get("forbidden by robots.txt"), 2);
    assertEquals(requests.filter((path) => path.startsWith("/private")), []);
    assertEquals(requests.filter((path) => path === "/robots.txt").length, 1);
  });

  test("an error of the caller's own ends the crawl", async () => {
    const site = { "/": link("/a", "/never"), "/a": "x", "/never": "never" };
    const full = new Error("disk full");
    const ended = await crawl(site, {
      timeout: 60_000,
      onPage: (page) => {
        if (page.url.endsWith("/a")) throw full;
      },
    }).then(() => undefined, (error: unknown) => error);
    assertEquals(ended, full);
  });

  test("reads titles, links and words", () => {
    const html = `<title>A &amp; B</title><base href="/x/"><p>One<i>s</i> two</p><script>var no</script>
      <td>two</td><td>three</td> <a href=../y#h>yes</a> <a href="mailto:m@x">no1</a> <a href="http://[">no2</a>`;
    const { title, links, words } = parsePage(html, new URL("http://site.test/p"));
    assertEquals(title, "A & B");
    assertEquals(links.map(String), ["http://site.test/y"]);
    assertEquals(Object.fromEntries(words), { ones: 1, two: 2, three: 1, yes: 1, no1: 1, no2: 1 });
  });

  test("understands robots.txt", () => {
    const robots = new Robots(
      "User-agent: *\nDisallow: /p # all of it\nAllow: /p/ok\nDisallow: /*.pdf$\n\nUser-agent: other\nDisallow: /",
      "test/1",
    );
    const allowed = (path: string) => robots.allows(new URL(path, "http://site.test"));
    assertEquals(["/", "/p/a", "/p/ok", "/a.pdf", "/a.pdfx"].map(allowed), [true, false, true, false, true]);
    const mine = new Robots("User-agent: *\nDisallow: /\nUser-agent: TEST\nDisallow:\n", "test/1");
    assert(mine.allows(new URL("http://site.test/x")));
  });
});

function days(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`/day?n=${i + 1}`, link(`/day?n=${i + 2}`)]));
}
