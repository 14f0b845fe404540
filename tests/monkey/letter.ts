/** What there is to see of a function without calling it. */
export interface Letters {
  readonly value: unknown;
  /** What must be the same while it is patched. */
  readonly face: Readonly<Record<string, unknown>>;
}

/** Of the function `object[name]`. */
export function lettersOf(object: object, name: string): Letters {
  const descriptor = Object.getOwnPropertyDescriptor(object, name);
  const value = (object as Record<string, unknown>)[name];
  const { enumerable, configurable, writable } = descriptor ?? {};
  // deno-lint-ignore ban-types
  const f = value as Function;
  const keys = Reflect.ownKeys(f).filter((key) =>
    !["prototype", "arguments", "caller"].includes(String(key))
  );
  const own = keys.filter((key) => !String(key).includes("tendril.layer")).map(String).sort();
  return { value, face: { length: f.length, name: f.name, own, enumerable, configurable, writable } };
}
