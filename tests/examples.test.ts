// Every example is run, in this process: a process each would cost most of the time. The crawler is started as a program
// too, for its signals and exit codes; as a library it crawls sites that exist only in a record.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run, sleep, spawn as spawnGreenlet } from "tendril";
import { compile, writeBinding } from "tendril/kernels/build";
import { ThreadPool } from "tendril/threads";
import { parseCommandLine, UsageError } from "../examples/crawler/cli.ts";
import { Crawler, type CrawlOptions, type Page } from "../examples/crawler/crawl.ts";
import { nearDuplicates } from "../examples/crawler/duplicates.ts";
import { parsePage } from "../examples/crawler/parse.ts";
import { Robots } from "../examples/crawler/robots.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "./assert.ts";
import { describe, runtime, test } from "./harness.ts";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
const crawler = join(examples, "crawler", "main.ts");

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program with this runtime. `onOutput` sees all that was written so far. */
function execute(args: string[], onOutput?: (output: string, pid: number) => void): Promise<Ended> {
  const before =
    { deno: ["run", "-A", "--no-check"], bun: [], node: ["--conditions=tendril-source"] }[runtime];
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

  for (const file of files) {
    test(file, async () => {
      const { log } = console;
      const output: string[] = [];
      console.log = (...args: unknown[]) => void output.push(args.join(" "));
      try {
        await import(`../examples/${file}`); // an example is over when it has been evaluated
      } finally {
        console.log = log;
      }
      assert(output.length > 0, "it printed nothing");
    });
  }

  test("each is listed in the README and stays short", () => {
    const readme = readFileSync(join(examples, "README.md"), "utf8");
    for (const file of files) {
      assert(readme.includes(`(${file})`), `${file} is not listed`);
      const lines = readFileSync(join(examples, file), "utf8").trimEnd().split("\n").length;
      assert(lines < 60, `${file} has ${lines} lines`);
    }
  });

  test("the kernels' bindings are what `tendril build` writes", async () => {
    const folder = join(examples, "kernels");
    const sources = readdirSync(folder).filter((name) => /^\w+\.ts$/.test(name));
    assert(sources.length > 0);
    for (const file of sources) {
      const compiled = await compile(readFileSync(join(folder, file), "utf8"), { file });
      const name = basename(file, ".ts");
      assertEquals(
        readFileSync(join(folder, `${name}.kernel.ts`), "utf8"),
        writeBinding(compiled, name),
        file,
      );
    }
  });
});

describe("crawler program", () => {
  const quick = ["--max-pages", "250", "--timeout", "600", "--retries", "1"];

  test("crawls its own site", () =>
    withFolder(async (out) => {
      const { code, output } = await execute([crawler, ...quick, "--duplicates", "--out", out]);
      assertEquals(code, 0, output);
      const [, visited] = /\npages +(\d+)\n/.exec(output) ?? [];
      const [, parsed] = /threads that parsed +[1-9]\d*\n {2}pages +(\d+)\n/.exec(output) ?? [];
      assert(Number(visited) > 0 && parsed === visited, output);
      for (
        const kind of [
          "timeout",
          "http 404",
          "http 500",
          "redirect loop",
          "forbidden by robots.txt",
          "too large",
        ]
      ) {
        assertMatch(output, new RegExp(`  ${kind} +\\d+\\n`));
      }
      const pages = readLines(join(out, "pages.ndjson")) as { number: number; url: string; title: string }[];
      assert(pages.length >= 200 && pages.length < 250, `${pages.length} pages`);
      assertEquals(pages.map((page) => page.number), pages.map((_page, i) => i + 1));
      assert(pages.some((page) => page.title === "All packages"));
      const words = readLines(join(out, "words.ndjson")) as { word: string; pages: Record<string, number> }[];
      assert(words.length > 100, `${words.length} words`);
      for (const { pages: places } of words) {
        assert(Object.keys(places).every((n) => Number(n) <= pages.length));
      }
      for (const line of readLines(join(out, "duplicates.ndjson"))) {
        const { pages: [first, second], urls } = line as { pages: number[]; urls: string[] };
        assert(first < second);
        assertEquals(urls, [pages[first - 1].url, pages[second - 1].url]);
      }
    }));

  test("keeps what it has at Ctrl-C", () =>
    withFolder(async (out) => {
      let sent = false;
      const { code, output } = await execute(
        [crawler, "--max-pages", "100000", "--out", out],
        (sofar, pid) => {
          if (sent || !/^\d+\/\d+ pages/m.test(sofar)) return;
          sent = true;
          process.kill(pid, "SIGINT");
        },
      );
      assertEquals(code, 130, output);
      assertMatch(output, /requests at once, at most +\d+\nthreads that parsed +[1-9]\d*\n/);
      assert(readLines(join(out, "pages.ndjson")).length > 10);
      assert(readLines(join(out, "words.ndjson")).length > 100);
    }));

  test("tells what is wrong with its arguments", async () => {
    const refused = (...args: string[]) => assertThrows(() => parseCommandLine(args), UsageError).message;
    assertMatch(refused("--retries", "many"), /--retries takes a whole number/);
    assertMatch(refused("--max-pages=0"), /at least 1/);
    assertMatch(refused("--threads=-1"), /--threads takes a whole number of at least 0/);
    assertMatch(refused("--out"), /--out/);
    assertMatch(refused("ftp://example.org/"), /not an http or https URL/);
    assertMatch(refused("example.org"), /not an http or https URL/);
    const wrong: [args: string[], code: number, output: RegExp][] = [
      [["--fast"], 2, /--fast[^]*Try --help/],
      [["--timeout", "1000", "--retries", "0", "http://127.0.0.1:47981/"], 1, /connection refused +1\n/],
      [["--out", join(crawler, "out")], 2, /cannot write to/],
    ];
    await Promise.all(wrong.map(async ([args, code, expected]) => {
      const ended = await execute([crawler, ...args]);
      assertMatch(ended.output, expected);
      assertEquals(ended.code, code, ended.output);
    }));
  });
});

function readLines(file: string): unknown[] {
  return readFileSync(file, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

type Answer = string | number | { to: string } | ((visit: number) => Answer) | Error;

const limits = {
  ...{ maxPages: 100, maxDepth: 10, concurrency: 4, perHost: 4, timeout: 1_000, retries: 2, backoff: 1 },
  ...{ maxBytes: 1_000, agent: "test/1", allows: (url: URL) => url.host === "site.test" },
};

/** Crawls a site given as paths and what they answer: a page, a status, a redirect, or one after the other. */
async function crawl(site: Record<string, Answer>, options: Partial<CrawlOptions> = {}) {
  const pages: Page[] = [];
  const requests: string[] = [];
  const visits = new Map<string, number>();
  const crawler = new Crawler({
    ...limits,
    onPage: (page) => void pages.push(page),
    fetch: (url) => {
      const path = url.pathname + url.search;
      const visit = (visits.get(path) ?? 0) + 1;
      visits.set(path, visit);
      requests.push(path);
      return respond(site[path] ?? 404, visit);
    },
    ...options,
  });
  await run(() => crawler.run([new URL("http://site.test/")]));
  const { stats } = crawler;
  return { pages, paths: pages.map((page) => page.url.pathname + page.url.search), requests, stats };
}

async function respond(answer: Answer, visit: number): Promise<Response> {
  if (typeof answer === "function") return respond(answer(visit), visit);
  if (answer instanceof Error) throw answer;
  if (typeof answer === "number") return new Response("", { status: answer });
  if (typeof answer === "object") {
    return new Response(null, { status: 302, headers: { location: answer.to } });
  }
  return answer === "never" ? new Promise(() => {}) : pageOf(answer);
}

const pageOf = (html: string) => new Response(html, { headers: { "content-type": "text/html" } });
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
    assertEquals(pages.map(({ url, redirects }) => [url.href, redirects]), [
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
        if (page.url.pathname === "/a") throw full;
      },
    }).then(() => undefined, (error: unknown) => error);
    assertEquals(ended, full);
  });

  test("a kill aborts the requests that are under way", async () => {
    const kill = new AbortController();
    const signals: AbortSignal[] = [];
    const crawler = new Crawler({
      ...limits,
      onPage: () => {},
      fetch: (url, { signal }) => {
        if (url.pathname === "/robots.txt") return Promise.resolve(new Response("", { status: 404 }));
        if (url.pathname === "/") return Promise.resolve(pageOf(link("/a", "/b", "/c")));
        if (signals.push(signal) === 3) setTimeout(() => kill.abort());
        return new Promise(() => {});
      },
    });
    await assertRejects(() =>
      run(() => crawler.run([new URL("http://site.test/")]), { signal: kill.signal })
    );
    assertEquals(signals.map((signal) => signal.aborted), [true, true, true]);
    assertEquals([crawler.stats.pages, crawler.stats.active, crawler.stats.failures], [1, 0, 0]);
  });

  const parser = new URL("../examples/crawler/parse.ts", import.meta.url);

  test("parses in threads what it would parse here", async () => {
    const site = {
      "/": link("/a", "/b#x", "c?d=1"),
      "/a": "<title>A</title> grüße",
      "/b": link("/a"),
      "/c?d=1": "c",
    };
    await using pool = new ThreadPool({ size: 2 });
    const { parsePage: parse } = pool.module<typeof import("../examples/crawler/parse.ts")>(parser);
    const { pages, stats } = await crawl(site, { parse, concurrency: 1 });
    assertEquals(pages, (await crawl(site, { concurrency: 1 })).pages);
    assertEquals([stats.pages, pool.stats().completed], [4, 4]);
  });

  test("a kill takes back the pages that wait for a thread", async () => {
    const pool = new ThreadPool({ size: 1 });
    const { parsePage: parse } = pool.module<typeof import("../examples/crawler/parse.ts")>(parser);
    const hold = new URL(
      "data:text/javascript;base64," + btoa("export const hold = () => new Promise(() => {})"),
    );
    const held = pool.submit(pool.module<{ hold(): void }>(hold).hold);
    await run(function* () {
      const crawler = new Crawler({
        ...limits,
        parse,
        onPage: () => {},
        fetch: () => Promise.resolve(pageOf("x")),
      });
      const crawl = spawnGreenlet(() => crawler.run([new URL("http://site.test/")]));
      while (pool.stats().queued + pool.stats().running < 2) yield* sleep(1);
      yield* crawl.kill();
      assertEquals([crawler.stats.pages, crawl.dead, held.dead], [0, true, false]);
      yield* pool.terminate();
      assertEquals([pool.stats().threads, pool.stats().killed], [0, 2]);
    });
  });

  test("reads titles, links and words", () => {
    const html = `<title>A &amp; B</title><base href="/x/"><p>One<i>s</i> two</p><script>var no</script>
      <td>two</td><td>three</td> <a href=../y#h>yes</a> <a href="mailto:m@x">no1</a> <a href="http://[">no2</a>`;
    const { title, links, words } = parsePage(html, new URL("http://site.test/p"));
    assertEquals(title, "A & B");
    assertEquals(links.map(String), ["http://site.test/y"]);
    assertEquals(Object.fromEntries(words), { ones: 1, two: 2, three: 1, yes: 1, no1: 1, no2: 1 });
  });

  test("finds pages that say nearly the same", async () => {
    const page = (name: string) => new Map(Array.from({ length: 4_000 }, (_, i) => [name + i, 1 + i % 3]));
    const changed = page("a").set("changed", 1);
    const pages = [
      page("a"),
      page("b"),
      changed,
      new Map<string, number>(),
      page("b"),
      new Map<string, number>(),
    ];
    const pairs = await run(() => nearDuplicates(pages));
    assertEquals(pairs.map(({ first, second }) => [first, second]), [[0, 2], [1, 4]]);
    assertEquals(pairs[1].bits, 0);
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
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`/day?n=${i + 1}`, link(`/day?n=${i + 2}`)]),
  );
}
