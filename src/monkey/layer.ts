/**
 * Putting a function over another one, and taking it away again.
 *
 * What is over an original may in turn be covered by somebody else: another library's patch, or a second copy of this one.
 * Then it cannot be taken away, only be switched off: it stays where it is and passes on to the original, and the next
 * patch switches it on again instead of covering what covers it. Each of our replacements carries, under a symbol that
 * all copies share, what it covers; so a copy that goes last puts the true original back.
 */

/** What a replacement knows of itself. */
interface Layer {
  readonly original: Callable;
  /** False: whoever finds it may take what it covers instead. */
  on: boolean;
  /** Somebody did so: it is under nothing any more. */
  isOut: boolean;
}

/** A function or a class, of whatever type. */
// deno-lint-ignore ban-types
export type Callable = Function;

const LAYER: unique symbol = Symbol.for("tendril.layer") as never;

type Layered = Callable & { [LAYER]?: Layer };

/** Makes what stands in for `original`. */
export type Wrap = (original: Callable) => Callable;

/** Whether it worked, or why not. */
export type Outcome = "patched" | "missing" | "fixed";

/** One property of one object. */
export class Patch {
  private readonly object: object;
  private readonly key: PropertyKey;
  private readonly wrap: Wrap;
  /** As it was found. */
  private found: PropertyDescriptor | undefined;
  /** What stands there for others; where that is a getter, from when somebody asked for the first time. */
  private replacement: Layered | undefined;
  /** The getter, where what the host loads when somebody asks for it was not loaded yet. */
  private getter: Layered | undefined;

  constructor(object: object, key: PropertyKey, wrap: Wrap) {
    this.object = object;
    this.key = key;
    this.wrap = wrap;
  }

  /** Puts the replacement in place, or switches it on again. */
  install(): Outcome {
    const { object, key } = this;
    const there = Object.getOwnPropertyDescriptor(object, key);
    if (there === undefined) return "missing";
    if (this.isBuried(there)) {
      this.switch(true);
      return "patched";
    }
    if (there.configurable === false && there.writable !== true) return "fixed";
    if (there.get === undefined && typeof there.value !== "function") return "missing";
    this.found = there;
    this.replacement = this.getter = undefined;
    if (there.get === undefined) this.put({ ...there, value: this.cover(there.value) });
    else this.put({ ...there, get: this.coverGetter(there.get) });
    return "patched";
  }

  /** The original is back where nobody has covered the replacement; where somebody has, the replacement only passes on. */
  remove(): void {
    const { found } = this;
    const there = Object.getOwnPropertyDescriptor(this.object, this.key);
    if (found === undefined) return;
    this.switch(false);
    if (there === undefined || !this.isOnTop(there)) return;
    const { get, value } = found;
    this.put(
      get === undefined
        ? { ...found, value: takeOff(value) }
        : { ...found, get: takeOff(get) as () => unknown },
    );
    this.found = this.replacement = this.getter = undefined;
  }

  private put(descriptor: PropertyDescriptor): void {
    const { object, key } = this;
    const there = Object.getOwnPropertyDescriptor(object, key);
    if (there?.configurable === false) Reflect.set(object, key, descriptor.value);
    else Object.defineProperty(object, key, descriptor);
  }

  /** Also where somebody has assigned what he got from the getter. */
  private isOnTop(there: PropertyDescriptor): boolean {
    if (there.get !== undefined) return there.get === this.getter;
    return this.replacement !== undefined && there.value === this.replacement;
  }

  /** Whether it must be thought to be under what is there, which nobody can see if that is no layer. */
  private isBuried(there: PropertyDescriptor): boolean {
    const layer = this.layers()[0];
    if (layer === undefined || layer.isOut || this.isOnTop(there)) return false;
    const first = there.get ?? there.value;
    return this.layers().every(({ original }) => first !== original);
  }

  private layers(): Layer[] {
    return [this.getter, this.replacement].flatMap((f) => f?.[LAYER] ?? []);
  }

  private switch(on: boolean): void {
    for (const layer of this.layers()) layer.on = on;
  }

  private cover(found: Callable): Callable {
    return this.replace(takeOff(found), true);
  }

  private replace(original: Callable, on: boolean): Callable {
    const replacement = dress(this.wrap(original), original) as Layered;
    return this.replacement = mark(replacement, original, on);
  }

  private coverGetter(found: () => unknown): () => unknown {
    const original = takeOff(found);
    const lazily = (self: unknown): unknown => {
      const layer = getter[LAYER] as Layer;
      const isOurs = this.getter === getter && !layer.isOut;
      if (isOurs && this.replacement !== undefined) return this.replacement;
      const value = Reflect.apply(original, self, []);
      // Also while it is switched off, and over what is: whoever covers this keeps what he gets, and all may come on again.
      return isOurs && typeof value === "function" ? this.replace(value, layer.on) : value;
    };
    const getter: Layered = mark(
      function (this: unknown) {
        return lazily(this);
      },
      original,
      true,
    );
    this.getter = getter;
    return getter as Layered & (() => unknown);
  }

  /** What the property held before. */
  get original(): unknown {
    return this.replacement?.[LAYER]?.original ?? this.found?.value;
  }

  get isOn(): boolean {
    return this.layers()[0]?.on === true;
  }
}

function mark(replacement: Layered, original: Callable, on: boolean): Layered {
  Object.defineProperty(replacement, LAYER, {
    value: { original, on, isOut: false } satisfies Layer,
  });
  return replacement;
}

/** What is below those of our layers on top that are switched off; these are out then. */
function takeOff(f: Layered): Callable {
  let below: Layered = f;
  for (let layer = below[LAYER]; layer !== undefined && !layer.on; layer = below[LAYER]) {
    layer.isOut = true;
    below = layer.original;
  }
  return below;
}

/** The function at the bottom, whoever of us has covered it. */
export function bottom(f: unknown): unknown {
  let below = f;
  while (typeof below === "function" && (below as Layered)[LAYER] !== undefined) {
    below = ((below as Layered)[LAYER] as Layer).original;
  }
  return below;
}

const OWN: ReadonlySet<PropertyKey> = new Set(["length", "name", "prototype", "arguments", "caller"]);

/** Gives a replacement the face of the original: name, length, and what hangs on it. */
export function dress(replacement: Callable, original: Callable): Callable {
  for (const key of Reflect.ownKeys(original)) {
    if (OWN.has(key) || key === LAYER) continue;
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (descriptor !== undefined && !Object.hasOwn(replacement, key)) {
      Object.defineProperty(replacement, key, descriptor);
    }
  }
  for (const key of ["length", "name"]) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    const own = Object.getOwnPropertyDescriptor(replacement, key);
    if (descriptor !== undefined && own?.configurable === true) {
      Object.defineProperty(replacement, key, descriptor);
    }
  }
  return replacement;
}
