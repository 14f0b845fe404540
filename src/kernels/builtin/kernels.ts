/** The library's own kernels, by name. */
import { matmul } from "./matmul.ts";
import { resize } from "./resize.ts";

export { matmul, resize };
