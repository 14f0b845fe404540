/** The objects of builtin modules, and named imports that follow them, in a running program. */
import dgram, * as namespace from "node:dgram";
import * as files from "node:fs";
import { createRequire } from "node:module";
import { builtin, namedImportsKnown, reach, syncNamedImports } from "../../src/host/io.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { describe, runtime, test, testOn } from "../harness.ts";

const require = createRequire(import.meta.url);
const address = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
const changed = (module: string, ...names: string[]) => new Map([[module, new Set(names)]]);

describe("host modules", () => {
  test("builtin gives what require and the default import give", async () => {
    for (
      const name of ["fs", "fs/promises", "http", "https", "net", "tls", "dns", "dgram", "timers/promises"]
    ) {
      const object = builtin(name);
      assert(object !== undefined, name);
      assert(object === require(name) && object === require(`node:${name}`), `require("${name}")`);
      assert(object === (await import(`node:${name}`)).default, `the default of ${name}`);
    }
    assert((builtin("fs") as typeof files).promises === require("fs/promises"), "fs.promises is fs/promises");
    assertEquals(builtin("no such module"), undefined);
  });

  test("S-85: a change and its return reach named imports, which have the identical functions again", async () => {
    const object = builtin("dgram") as { createSocket: unknown };
    const before = object.createSocket;
    const keys = Object.keys(object);
    const replacement = () => before;
    let nth = 0; // Bun takes a data: address with a full stop in it for a file with an extension
    const late = () => import(address(`export { createSocket } from "node:dgram"; // ${++nth}`));
    try {
      object.createSocket = replacement;
      syncNamedImports(changed("dgram", "createSocket"));
      await namedImportsKnown();
      const { imports } = reach("dgram");
      assertEquals(imports, runtime === "deno" ? "later" : "live");
      assertEquals(namespace.createSocket === replacement, imports === "live", "imported before");
      assert((await late()).createSocket === replacement, "imported after");
      assert((await import("node:dgram")).createSocket === replacement, "import()");
      assert(dgram as unknown === object && require("dgram") === object, "the same object");
    } finally {
      object.createSocket = before;
      syncNamedImports(changed("dgram", "createSocket"));
    }
    assert(namespace.createSocket === before, "imported before");
    assert((await late()).createSocket === before, "imported after");
    assertEquals(Object.keys(object), keys);
  });

  testOn(["deno", "bun"], "S-88: what somebody else has put in the way is not claimed", async () => {
    const object = builtin("dgram") as { createSocket: unknown };
    const before = object.createSocket;
    try {
      object.createSocket = () => before;
      syncNamedImports(changed("dgram", "createSocket"));
      await namedImportsKnown();
      object.createSocket = () => before; // and nobody says so
      const { imports, reason } = reach("dgram");
      assertEquals(imports, "none");
      assertStringIncludes(reason, "createSocket");
    } finally {
      object.createSocket = before;
      syncNamedImports(changed("dgram", "createSocket"));
    }
  });

  test("names that are no modules are passed over", async () => {
    syncNamedImports(
      new Map([["globalThis", new Set(["fetch"])], ["http.Agent.prototype", new Set(["addRequest"])]]),
    );
    await namedImportsKnown();
    assertEquals(reach("globalThis").imports, "live");
    assertEquals(reach("http.Agent.prototype").imports, "live");
    assertEquals(reach("Bun").imports, "later");
    assertEquals(reach("querystring").imports, "none", "nothing was changed");
  });

  testOn(["bun"], "Bun: npm packages that it has built in", async () => {
    const name = "undici"; // not a string that a compiler could look up
    const { fetch } = await import(name);
    const object = builtin(name) as { fetch: unknown };
    assert(object.fetch === fetch);
    const replacement = () => fetch;
    try {
      object.fetch = replacement;
      syncNamedImports(changed(name, "fetch"));
      await namedImportsKnown();
      assertEquals(reach(name).imports, "live");
      assert(require(name).fetch === replacement, "require");
      assert((await import(name)).fetch === replacement, "import");
    } finally {
      object.fetch = fetch;
      syncNamedImports(changed(name, "fetch"));
    }
    assert((await import(name)).fetch === fetch);
  });
});
