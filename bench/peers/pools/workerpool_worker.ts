import "./workerpool_bun.ts"; // before the library
import workerpool from "workerpool";
import { ends, same, spin, square, stamp } from "./tasks.ts";

const moved = (buffer: ArrayBuffer) => new workerpool.Transfer(stamp(buffer), [buffer]);

workerpool.worker({ ends, moved, same, spin, square });
