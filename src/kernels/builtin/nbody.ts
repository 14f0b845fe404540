/** Bodies that pull at each other. */
import { show } from "../../core/mod.ts";
import type { KernelFunction } from "../kernel.ts";
import { wasm } from "../wasm/nbody.ts";
import { embedded, kernel } from "./define.ts";

/** What {@linkcode nbody} is asked for, before where it runs: `nbody(bodies, {}, { pool })`. */
export interface NbodyOptions {
  /** A length that keeps bodies which are close from flying off: its square is added to that of each distance. Default 0. */
  softening?: number;
  /** The constant of gravity, in the units of the bodies. Default 1. */
  gravity?: number;
}

const module = embedded(wasm);

/** Bodies that the kernel takes together. */
const BLOCK = 8;

/**
 * How all bodies accelerate each: the sum over the others of `gravity * mass * gap / (distance² + softening²)^1.5`, in Float32, added in
 * the order of the bodies. All pairs are looked at. Bodies in the same place do not pull at each other.
 *
 * @param bodies x, y, z and mass of each in turn.
 * @returns the acceleration of each, x, y and z in turn.
 * @throws `TypeError`, `RangeError` for what is no list of bodies.
 * @example
 * ```ts
 * import { kernels } from "tendril/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const bodies = new Float32Array([0, 0, 0, 8, 2, 0, 0, 4]);
 * assertEquals([...await kernels.nbody(bodies)], [1, 0, 0, -2, 0, 0]);
 * ```
 */
export const nbody: KernelFunction<[bodies: Float32Array, options?: NbodyOptions], Float32Array> = kernel(
  "nbody",
  2,
  (bodies: Float32Array, options: NbodyOptions = {}) => {
    if (!(bodies instanceof Float32Array)) {
      throw new TypeError(`nbody: bodies must be a Float32Array, not ${show(bodies)}`);
    }
    if (bodies.length % 4 !== 0) {
      throw new RangeError(`nbody: bodies has ${bodies.length} elements, and a body has four: x, y, z, mass`);
    }
    if (typeof options !== "object" || options === null) {
      throw new TypeError(
        `nbody: the second argument must be an object, { softening }, not ${show(options)}`,
      );
    }
    for (const [name, x] of Object.entries({ softening: options.softening, gravity: options.gravity })) {
      if (x !== undefined && typeof x !== "number") {
        throw new TypeError(`nbody: ${name} must be a number, not ${show(x)}`);
      }
    }
  },
  function* (run, bodies: Float32Array, { softening = 0, gravity = 1 }: NbodyOptions = {}) {
    const many = bodies.length / 4, out = run.array(Float32Array, 3 * many);
    const args = [bodies, out, softening ** 2, gravity];
    yield* run.phase(module(), "accelerations", args, Math.ceil(many / BLOCK));
    return new Float32Array(out);
  },
);
