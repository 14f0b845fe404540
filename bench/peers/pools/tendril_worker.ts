import { transfer } from "../../../src/threads/mod.ts";
import { stamp } from "./tasks.ts";

export function moved(buffer: ArrayBuffer): ArrayBuffer {
  return transfer(stamp(buffer), [buffer]);
}
