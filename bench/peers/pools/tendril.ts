import * as threads from "../../../src/threads/mod.ts";
import { startOf } from "./tendril_start.ts";

export const start = startOf(threads);
