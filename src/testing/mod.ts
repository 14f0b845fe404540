/**
 * Tests that need no sleeping: a virtual clock, waiting until all are parked, numbered steps.
 *
 * @module
 */
export { settle, type Steps, steps } from "./settle.ts";
export { VirtualClock } from "./virtual_clock.ts";
