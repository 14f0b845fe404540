/**
 * What a page says: its title, where it links to, and its words. Built on htmlparser2, which forgives what browsers forgive.
 * It takes and gives what can be copied to another thread, and needs nothing but its arguments: so it runs in any thread.
 */
import { Parser } from "htmlparser2";

export interface Parsed {
  readonly title: string;
  /** Absolute, http or https, in the order of the page, each once. */
  readonly links: readonly string[];
  /** Lower-cased words with how often each occurs. */
  readonly words: ReadonlyMap<string, number>;
}

/** Elements whose text nobody reads. */
const UNSEEN = new Set(["script", "style", "template", "noscript"]);
const WORD = /\p{L}[\p{L}\p{N}_]{2,29}/gu;

export function parsePage(html: string, address: string | URL): Parsed {
  const links = new Set<string>();
  const words = new Map<string, number>();
  const text: string[] = [];
  let title = "";
  let base = address;
  let unseen = 0;
  let inTitle = false;

  const parser = new Parser({
    onopentag(name, attributes) {
      if (UNSEEN.has(name)) unseen++;
      if (name === "title") inTitle = true;
      if (name === "base" && attributes["href"]) base = URL.parse(attributes["href"], address) ?? address;
      if (name !== "a" || attributes["href"] === undefined || attributes["rel"]?.includes("nofollow")) return;
      const link = URL.parse(attributes["href"], base);
      if (link?.protocol === "http:" || link?.protocol === "https:") {
        link.hash = "";
        links.add(link.href);
      }
    },
    ontext(data) {
      if (inTitle) title += data;
      else if (unseen === 0) text.push(data);
    },
    onclosetag(name) {
      if (UNSEEN.has(name)) unseen--;
      if (name === "title") inTitle = false;
      text.push(" "); // "<td>a</td><td>b</td>" are two words
    },
  });
  parser.end(html);

  for (const [word] of text.join("").toLowerCase().matchAll(WORD)) {
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return { title: title.trim(), links: [...links], words };
}
