// Reads the failures out of the JUnit report that `bun test` writes.

import { existsSync, readFileSync } from "node:fs";
import { Parser } from "htmlparser2";

export interface JunitFailure {
  file: string;
  name: string;
  error: string;
}

/** The failed tests of the report at `path`; none when the runner died before it wrote one. */
export function junitFailures(path: string): JunitFailure[] {
  const failures: JunitFailure[] = [];
  if (!existsSync(path)) return failures;
  let test: Record<string, string> = {};
  let current: JunitFailure | undefined;
  const parser = new Parser({
    onopentag(tag, attributes) {
      if (tag === "testcase") test = attributes;
      if (tag !== "failure" && tag !== "error") return;
      current = { file: test.file ?? "", name: test.name ?? "", error: "" };
      failures.push(current);
    },
    ontext(text) {
      if (current) current.error += text;
    },
    onclosetag(tag) {
      if (tag === "failure" || tag === "error") current = undefined;
    },
  }, { xmlMode: true });
  parser.end(readFileSync(path, "utf8"));
  return failures;
}
