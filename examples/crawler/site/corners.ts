/** The bad neighbourhood of the local site: what a crawler meets in the wild, one corner each. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { list, page } from "./render.ts";

export type Corner = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** Corners by path. `visits` counts requests per path, for those that behave only at the second or third try. */
export function corners(visits = new Map<string, number>()): Map<string, Corner> {
  const visit = (url: URL): number => {
    const n = (visits.get(url.pathname) ?? 0) + 1;
    visits.set(url.pathname, n);
    return n;
  };
  return new Map<string, Corner>([
    ["/corners/", (_q, r) => html(r, "Corners", list(ENTRANCES.map((path) => [path, path])))],

    // Slow.
    ["/corners/slow", (_q, r) => void setTimeout(() => html(r, "Slow", "<p>Sorry for the wait.</p>"), 300)],
    ["/corners/asleep", () => {}],
    ["/corners/drip", (_q, r) => drip(r)],

    // Broken.
    ["/corners/error", (_q, r) => html(r, "Error", "<p>Something broke.</p>", 500)],
    ["/corners/flaky", (_q, r, url) => {
      if (visit(url) % 3 === 0) html(r, "Flaky", "<p>Third time lucky.</p>");
      else html(r, "Busy", "<p>Come back later.</p>", 503, { "retry-after": "0" });
    }],
    ["/corners/reset", (q) => void q.socket.destroy()],
    ["/corners/flaky-reset", (q, r, url) => {
      if (visit(url) % 3 === 0) html(r, "Up again", "<p>The third connection holds.</p>"); // some runtimes try twice by themselves
      else q.socket.destroy();
    }],
    ["/corners/truncated", (q, r) => {
      r.writeHead(200, { "content-type": "text/html", "content-length": "5000" });
      r.write("<p>This page ends in the middle of a");
      setTimeout(() => q.socket.destroy(), 10);
    }],
    [
      "/corners/tag-soup",
      (_q, r) =>
        html(
          r,
          "Soup",
          '<p><a href=unquoted>one<b><a href="/corners/?x=1&amp;y=2">two</p></b><a href="http://[bad">',
        ),
    ],

    // Not for us.
    [
      "/corners/image",
      (_q, r) => void r.writeHead(200, { "content-type": "image/png" }).end(new Uint8Array(2_000)),
    ],
    ["/corners/huge", (_q, r) => html(r, "Huge", "<p>All work and no play. </p>".repeat(100_000))],
    ["/private/diary", (_q, r) => html(r, "Diary", "<p>robots.txt says no.</p>")],

    // Redirects: a chain that arrives, a loop that does not, one that leaves the site, one without a target.
    ["/corners/chain-1", (_q, r) => redirect(r, "chain-2")],
    ["/corners/chain-2", (_q, r) => redirect(r, "/corners/chain-3", 308)],
    ["/corners/chain-3", (_q, r) => redirect(r, "../corners/arrived", 303)],
    ["/corners/arrived", (_q, r) => html(r, "Arrived", "<p>Three redirects later.</p>")],
    ["/corners/loop-a", (_q, r) => redirect(r, "loop-b")],
    ["/corners/loop-b", (_q, r) => redirect(r, "loop-a")],
    ["/corners/leave", (_q, r) => redirect(r, "https://elsewhere.invalid/")],
    ["/corners/nowhere", (_q, r) => void r.writeHead(302).end()],

    // A trap: every page of the calendar links to the next one, for ever.
    ["/corners/calendar", (_q, r, url) => {
      const n = Number(url.searchParams.get("page") ?? 1);
      html(r, `Calendar, page ${n}`, list([[`?page=${n + 1}`, "next"], [`?page=${n}&view=week`, "by week"]]));
    }],
  ]);
}

/** What the corner page links to; the rest is found from there. */
export const ENTRANCES = [
  "slow",
  "asleep",
  "drip",
  "error",
  "flaky",
  "reset",
  "flaky-reset",
  "truncated",
  "tag-soup",
  "image",
  "huge",
  "/private/diary",
  "chain-1",
  "loop-a",
  "leave",
  "nowhere",
  "calendar",
  "calendar?page=2",
  "missing",
  "mailto:nobody@elsewhere.invalid",
  "https://elsewhere.invalid/page",
];

function html(
  response: ServerResponse,
  title: string,
  body: string,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", ...headers }).end(
    page(title, body),
  );
}

function redirect(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { location }).end();
}

/** One byte every 50 ms: every read succeeds, so only a limit on the whole request helps. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  const timer = setInterval(() => response.write("."), 50);
  response.on("close", () => clearInterval(timer));
}
