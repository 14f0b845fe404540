// Written by `tendril build` from tutorial.ts: change that, and build again.
// deno-fmt-ignore-file
// deno-lint-ignore-file
/* eslint-disable */
import { type Kernel, loadKernel } from "tendril/kernels";

/** The functions of tutorial.ts. */
export interface Tutorial {
  fib(n: number): number;
  /** How many primes there are below `sieve.length`, by the sieve of Eratosthenes. */
  countPrimes(sieve: Uint8Array): number;
  /** Rows of the product of two matrices, both n × n. */
  multiply(a: Float64Array, b: Float64Array, out: Float64Array, n: number, from: number, to: number): void;
}

const wasm = "AGFzbQEAAAABDwJgAX8Bf2AGf39/f39/AAISAQNlbnYGbWVtb3J5AgMAgIABAwQDAAEAByADA2ZpYgAAC2NvdW50UHJpbWVzAAIIbXVsdGlwbHkAAQqTAgMcACAAQQJIBH8gAAUgAEEBaxAAIABBAmsQAGoLC4oBAgN/AXwDQCAEIAVIBEBBACEGA0AgAyAGSgRAIAAgAyAEbCAGakEDdGorAwAhCUEAIQcDQCADIAdKBEAgAiADIARsIAdqQQN0aiIIIAgrAwAgCSABIAMgBmwgB2pBA3RqKwMAoqA5AwAgB0EBaiEHDAELCyAGQQFqIQYMAQsLIARBAWohBAwBCwsLaAIDfwF+IABBFGsoAhAhAkECIQEDQCABIAJIBEAgACABai0AAEUEQCADQQFqIQMgAawiBCAEfiEEA0AgBCACrFMEQCAAIASnakEBOgAAIAQgAax8IQQMAQsLCyABQQFqIQEMAQsLIAMLAI0GB3RlbmRyaWx7InZlcnNpb24iOjEsImZ1bmN0aW9ucyI6W3sibmFtZSI6ImZpYiIsImRvYyI6IiIsInBhcmFtcyI6W3sibmFtZSI6Im4iLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImkzMiJ9XSwicmVzdWx0Ijp7ImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoiaTMyIn0sInJhbmdlIjpmYWxzZX0seyJuYW1lIjoiY291bnRQcmltZXMiLCJkb2MiOiJIb3cgbWFueSBwcmltZXMgdGhlcmUgYXJlIGJlbG93IGBzaWV2ZS5sZW5ndGhgLCBieSB0aGUgc2lldmUgb2YgRXJhdG9zdGhlbmVzLiIsInBhcmFtcyI6W3sibmFtZSI6InNpZXZlIiwia2luZCI6Im91dCIsInR5cGUiOiJ1OCJ9XSwicmVzdWx0Ijp7ImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoiaTMyIn0sInJhbmdlIjpmYWxzZX0seyJuYW1lIjoibXVsdGlwbHkiLCJkb2MiOiJSb3dzIG9mIHRoZSBwcm9kdWN0IG9mIHR3byBtYXRyaWNlcywgYm90aCBuIMOXIG4uIiwicGFyYW1zIjpbeyJuYW1lIjoiYSIsImtpbmQiOiJpbiIsInR5cGUiOiJmNjQifSx7Im5hbWUiOiJiIiwia2luZCI6ImluIiwidHlwZSI6ImY2NCJ9LHsibmFtZSI6Im91dCIsImtpbmQiOiJvdXQiLCJ0eXBlIjoiZjY0In0seyJuYW1lIjoibiIsImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoiaTMyIn0seyJuYW1lIjoiZnJvbSIsImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoiaTMyIn0seyJuYW1lIjoidG8iLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImkzMiJ9XSwicmVzdWx0Ijp7ImtpbmQiOiJ2b2lkIn0sInJhbmdlIjp0cnVlfV0sImltcG9ydHMiOltdLCJkYXRhRW5kIjowfQ==";

/** The kernel tutorial.ts. */
export const tutorial: Kernel<Tutorial> = loadKernel<Tutorial>(Uint8Array.from(atob(wasm), (byte) => byte.charCodeAt(0)));
