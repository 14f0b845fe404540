/** Puts checks into compiled kernels, so that they can be stopped and sliced. */
export { WasmFormatError } from "./bytes.ts";
export { hasData, stripData } from "./data.ts";
export { instrument, type Instrumented } from "./instrument.ts";
export type { Mode } from "./plan.ts";
export type { InstrumentedFunction, InstrumentReport, LeftAlone } from "./report.ts";
