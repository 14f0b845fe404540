import Tinypool from "tinypool";
import { stamp } from "./tasks.ts";

export function moved(buffer: ArrayBuffer): unknown {
  return Tinypool.move(stamp(buffer));
}
