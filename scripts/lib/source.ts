// What a TypeScript file says, seen without a compiler: its comments, its strings, the rest, its imports and the
// names that it exports. Enough for the rules of this repository, and it needs no dependency: the compiler that is
// used here offers no parser to scripts.

export type Kind = "code" | "string" | "template" | "regex" | "comment";

export interface Token {
  kind: Kind;
  text: string;
  /** Offset in the file. */
  start: number;
}

export interface Import {
  specifier: string;
  /** 1 for the first line. */
  line: number;
}

export interface ExportedNames {
  values: string[];
  types: string[];
  /** Lines of `export * from`, whose names cannot be seen here. */
  stars: number[];
}

/** A slash after one of these starts a regular expression, not a division. */
const regexCanFollow =
  /(?:^|[=(,;:?!&|{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|yield|await|else|throw|void))\s*$/;

/**
 * Cuts a file into pieces. The code inside `${…}` of a template literal comes as code tokens between pieces of
 * kind "template", so that what it mentions is seen.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  // For each open `${`: how many braces are open inside it.
  const templates: number[] = [];
  let at = 0;
  let codeStart = 0;

  const push = (kind: Kind, start: number, end: number): void => {
    if (start > codeStart) {
      tokens.push({ kind: "code", text: text.slice(codeStart, start), start: codeStart });
    }
    tokens.push({ kind, text: text.slice(start, end), start });
    at = codeStart = end;
  };
  const endOf = (pattern: RegExp, from: number): number => {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : text.length;
  };
  /** From just after a backtick or a closing brace, to after the next backtick or `${`. */
  const template = (start: number): void => {
    const end = endOf(/(?:\\[^]|\$(?!\{)|[^\\`$])*(?:`|\$\{)/gy, start + 1);
    if (text.startsWith("${", end - 2)) templates.push(0);
    push("template", start, end);
  };

  while (at < text.length) {
    const char = text[at];
    const two = text.slice(at, at + 2);
    if (two === "//") push("comment", at, endOf(/[^\n]*/gy, at));
    else if (two === "/*") push("comment", at, endOf(/\*\//g, at + 2));
    else if (char === '"') push("string", at, endOf(/(?:\\[^]|[^"\\\n])*"?/gy, at + 1));
    else if (char === "'") push("string", at, endOf(/(?:\\[^]|[^'\\\n])*'?/gy, at + 1));
    else if (char === "`") template(at);
    else if (char === "/" && regexCanFollow.test(codeBefore(tokens, text.slice(codeStart, at)))) {
      push("regex", at, endOf(/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/gy, at + 1));
    } else if (templates.length > 0 && char === "}" && templates[templates.length - 1] === 0) {
      templates.pop();
      template(at);
    } else {
      if (templates.length > 0 && (char === "{" || char === "}")) {
        templates[templates.length - 1] += char === "{" ? 1 : -1;
      }
      at++;
    }
  }
  if (codeStart < text.length) tokens.push({ kind: "code", text: text.slice(codeStart), start: codeStart });
  return tokens;
}

/** The code before this point, where a comment counts as nothing and a literal as a value. */
function codeBefore(tokens: Token[], pending: string): string {
  if (pending.trim() !== "") return pending;
  for (let i = tokens.length - 1; i >= 0; i--) {
    const { kind, text } = tokens[i];
    if (kind === "comment" || text.trim() === "") continue;
    if (kind === "code") return text;
    return kind === "template" && text.endsWith("${") ? "(" : "x";
  }
  return "";
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** The file with everything but code replaced by blanks, lines and columns kept. */
export function codeOnly(text: string): string {
  return tokenize(text).map((token) => token.kind === "code" ? token.text : blank(token.text)).join("");
}

/** The file with its comments replaced by blanks. */
export function withoutComments(text: string): string {
  return tokenize(text).map((token) => token.kind === "comment" ? blank(token.text) : token.text).join("");
}

export function comments(text: string): Token[] {
  return tokenize(text).filter((token) => token.kind === "comment");
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Every import of a file, of values and of types, `import()` and `export … from` included. */
export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const tokens = tokenize(text);
  tokens.forEach((token, index) => {
    if (token.kind !== "string") return;
    let before = "";
    for (let i = index - 1; i >= 0 && before.trim() === ""; i--) {
      if (tokens[i].kind === "code") before = tokens[i].text + before;
      else if (tokens[i].kind !== "comment") break;
    }
    if (!/(?:^|[^\w$.])(?:from|import|import\s*\(|require\s*\()\s*$/.test(before)) return;
    found.push({ specifier: token.text.slice(1, -1), line: lineAt(text, token.start) });
  });
  return found;
}

/** The names that a file exports, sorted. */
export function exportsOf(text: string): ExportedNames {
  const code = codeOnly(text);
  const values = new Set<string>();
  const types = new Set<string>();
  const stars: number[] = [];
  for (const match of code.matchAll(/(?<![\w$.])export\s*\*/g)) stars.push(lineAt(code, match.index));
  for (const [, type, list] of code.matchAll(/(?<![\w$.])export\s+(type\s+)?\{([^}]*)\}/g)) {
    for (const item of list.split(",")) {
      const words = item.trim().split(/\s+/);
      if (words[0] === "") continue;
      const isType = type !== undefined || (words[0] === "type" && words.length % 2 === 0);
      (isType ? types : values).add(words[words.length - 1]);
    }
  }
  const declared =
    /(?<![\w$.])export\s+(?:declare\s+)?(?:default\s+)?(?:abstract\s+)?(class|async\s+function|function|const|let|enum|interface|type|namespace)\s*\*?\s*([\w$]+)/g;
  for (const [, keyword, name] of code.matchAll(declared)) {
    (keyword === "interface" || keyword === "type" ? types : values).add(name);
  }
  return { values: [...values].sort(), types: [...types].sort(), stars };
}
