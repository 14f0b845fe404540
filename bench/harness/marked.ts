/** Tables in the pages of docs, between `<!-- name:begin -->` and `<!-- name:end -->`. */
import { readFileSync, writeFileSync } from "node:fs";

/** Puts `text` between the marks, in the place of what stands there. @throws `Error` where the marks are not there. */
export function writeMarked(page: URL, name: string, text: string): void {
  const begin = `<!-- ${name}:begin -->`, end = `<!-- ${name}:end -->`;
  const old = readFileSync(page, "utf8");
  const from = old.indexOf(begin), to = old.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page.pathname} has no ${begin} and ${end} to write between`);
  writeFileSync(page, `${old.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${old.slice(to)}`);
  console.log(`written: ${page.pathname.split("/").slice(-2).join("/")}`);
}
