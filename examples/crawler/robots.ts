/** robots.txt, the simple part: the rules for us or for everybody, of which the longest match wins, allow before disallow. */
export class Robots {
  readonly #rules: readonly Rule[];

  constructor(text: string, agent: string) {
    let mine: Rule[] | undefined;
    const everybodys: Rule[] = [];
    let group: Rule[][] = [];
    let named = false; // the previous line named an agent too: they share the rules that follow
    for (const line of text.split(/\r?\n/)) {
      const [, key = "", value = ""] = /^\s*([\w-]+)\s*:\s*([^#]*?)\s*(?:#|$)/.exec(line) ?? [];
      const field = key.toLowerCase();
      if (field === "user-agent") {
        if (!named) group = [];
        if (value === "*") group.push(everybodys);
        else if (value !== "" && agent.toLowerCase().startsWith(value.toLowerCase())) group.push(mine ??= []);
      } else if ((field === "allow" || field === "disallow") && value !== "") {
        for (const rules of group) {
          rules.push({ allow: field === "allow", length: value.length, pattern: patternOf(value) });
        }
      }
      if (field !== "") named = field === "user-agent";
    }
    this.#rules = (mine ?? everybodys).sort((a, b) =>
      b.length - a.length || Number(b.allow) - Number(a.allow)
    );
  }

  allows(url: URL): boolean {
    const path = url.pathname + url.search;
    return this.#rules.find((rule) => rule.pattern.test(path))?.allow ?? true;
  }
}

interface Rule {
  readonly allow: boolean;
  readonly length: number;
  readonly pattern: RegExp;
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll(/[.+?^{}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp("^" + (source.endsWith("$") ? source : source.replaceAll("$", "\\$")));
}
