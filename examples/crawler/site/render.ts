/** Turns documentation into HTML pages. Markdown is `marked`'s business; a module's page is made of its doc comments. */
import { marked } from "marked";

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title></head>
<body><nav><a href="/">All packages</a> <a href="./">This folder</a></nav>
<main>${body}</main></body></html>
`;
}

export function list(items: Iterable<readonly [href: string, text: string]>): string {
  let html = "<ul>\n";
  for (const [href, text] of items) html += `<li><a href="${escape(href)}">${escape(text)}</a></li>\n`;
  return html + "</ul>\n";
}

export function markdownPage(title: string, text: string): string {
  return page(title, marked.parse(text, { async: false }));
}

export function modulePage(title: string, source: string): string {
  const imports = new Set<string>();
  for (const [, path] of source.matchAll(/\bfrom\s*["'](\.{1,2}\/[^"']+)["']/g)) if (path) imports.add(path);
  const sections: string[] = [];
  for (const [, comment, declared] of source.matchAll(/\/\*\*([\s\S]*?)\*\/\s*(export[^\n{=;(]*)?/g)) {
    sections.push((declared ? `\n## \`${declared.trim()}\`\n\n` : "\n") + docText(comment ?? ""));
  }
  const body = `# ${title}\n${sections.join("\n")}`;
  const links = imports.size > 0 ? `<h2>Imports</h2>${list([...imports].map((path) => [path, path]))}` : "";
  return page(title, marked.parse(body, { async: false }) + links);
}

/** A doc comment is Markdown behind a column of stars, with a few tags. */
function docText(comment: string): string {
  return comment
    .replaceAll(/^[ \t]*\* ?/gm, "")
    .replaceAll(/\{@link(?:code)?\s+([^}\s|]+)[^}]*\}/g, "`$1`")
    .replaceAll(/^@(?:param|returns?|throws)\b\s*/gm, "- ")
    .replaceAll(/^@example\b[ \t]*(.*)$/gm, "**Example** $1\n")
    .replaceAll(/^@(\w+)/gm, "**$1**");
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
