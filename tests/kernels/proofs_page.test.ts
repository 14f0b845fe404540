/** docs/kernels.md names each kernel of the library, and none that there is not. */
import { readText } from "../../scripts/lib/repo.ts";
import { kernels } from "../../src/kernels/mod.ts";
import { assertEquals } from "../assert.ts";
import { describe, test } from "../harness.ts";

describe("docs/kernels.md", () => {
  test("lists the library's own kernels", () => {
    const [, section] = /## The library's own\n([^]*?)\n\nEach takes/.exec(readText("docs/kernels.md")) ?? [];
    const listed = [...(section ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name);
    assertEquals(listed.sort(), Object.keys(kernels).sort());
  });
});
