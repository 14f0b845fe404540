/**
 * On Bun a thread has `addEventListener`, by which workerpool knows a browser, but its messages come by `parentPort` once
 * somebody has asked for that, as workerpool does. Without the former it does as on Node, instead of hanging.
 */
if ("Bun" in globalThis) Object.assign(globalThis, { addEventListener: undefined });
