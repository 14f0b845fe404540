import { move } from "piscina";
import { stamp } from "./tasks.ts";

export function moved(buffer: ArrayBuffer): unknown {
  return move(stamp(buffer));
}
