/** A module that never ends loading. */
export function f(): void {}
await new Promise(() => {});
