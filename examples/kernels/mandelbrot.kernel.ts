// Written by `tendril build` from mandelbrot.ts: change that, and build again.
// deno-fmt-ignore-file
// deno-lint-ignore-file
/* eslint-disable */
import { type Kernel, loadKernel } from "tendril/kernels";

/** The functions of mandelbrot.ts. */
export interface Mandelbrot {
  /** Rows of a picture with 8 bits a pixel: how soon each point escapes, and 0 for those that stay for `limit` steps. */
  rows(pixels: Uint8Array, width: number, height: number, limit: number, from: number, to: number): void;
}

const wasm = "AGFzbQEAAAABCgFgBn9/f39/fwACEgEDZW52Bm1lbW9yeQIDAICAAQMCAQAHCAEEcm93cwAACocCAYQCAgV8A38DQCAEIAVIBEBBACENA0AgASANSgRAIAEgBGwgDWohC0QAAAAAAAAAACEGRAAAAAAAAAAAIQhBACEMIA23RAAAAAAAAAhAoiABt6NEmpmZmZmZAcCgIQkgBLdEMzMzMzMzA0CiIAK3o0QzMzMzMzPzv6AhCgNAIAMgDEoEfyAGIAaiIAggCKKgRAAAAAAAABBAYwVBAAsEQCAGIAaiIAggCKKhIAmgIAYgBqAgCKIgCqAhCCEGIAxBAWohDAwBCwsgACALaiADIAxGBH9BAAVB/wFB/gEgDEECdCILIAtB/gFOG2sLOgAAIA1BAWohDQwBCwsgBEEBaiEEDAELCwsAhAQHdGVuZHJpbHsidmVyc2lvbiI6MSwiZnVuY3Rpb25zIjpbeyJuYW1lIjoicm93cyIsImRvYyI6IlJvd3Mgb2YgYSBwaWN0dXJlIHdpdGggOCBiaXRzIGEgcGl4ZWw6IGhvdyBzb29uIGVhY2ggcG9pbnQgZXNjYXBlcywgYW5kIDAgZm9yIHRob3NlIHRoYXQgc3RheSBmb3IgYGxpbWl0YCBzdGVwcy4iLCJwYXJhbXMiOlt7Im5hbWUiOiJwaXhlbHMiLCJraW5kIjoib3V0IiwidHlwZSI6InU4In0seyJuYW1lIjoid2lkdGgiLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImkzMiJ9LHsibmFtZSI6ImhlaWdodCIsImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoiaTMyIn0seyJuYW1lIjoibGltaXQiLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImkzMiJ9LHsibmFtZSI6ImZyb20iLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImkzMiJ9LHsibmFtZSI6InRvIiwia2luZCI6InNjYWxhciIsInR5cGUiOiJpMzIifV0sInJlc3VsdCI6eyJraW5kIjoidm9pZCJ9LCJyYW5nZSI6dHJ1ZX1dLCJpbXBvcnRzIjpbXSwiZGF0YUVuZCI6MH0=";

/** The kernel mandelbrot.ts. */
export const mandelbrot: Kernel<Mandelbrot> = loadKernel<Mandelbrot>(Uint8Array.from(atob(wasm), (byte) => byte.charCodeAt(0)));
