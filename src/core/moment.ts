/** An order of what happens in one thread. */

let moments = 0;

/** A number that grows: which of two things in one thread came first. */
export function moment(): number {
  return ++moments;
}
