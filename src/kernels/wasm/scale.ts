// Written by `npm run build:asm` from asm/kernels/scale.ts: change that.
// deno-fmt-ignore-file
import type { KernelManifest } from "../manifest.ts";

/** The functions of asm/kernels/scale.ts. */
export interface Scale {
  /** Multiplies the numbers from `from` up to `to` (excluded) by `factor`, where they are. */
  scale(values: Float64Array, factor: number, from: number, to: number): void;
}

/** Its types, as data. */
export const manifest: KernelManifest = {"version":1,"functions":[{"name":"scale","doc":"Multiplies the numbers from `from` up to `to` (excluded) by `factor`, where they are.","params":[{"name":"values","kind":"inout","type":"f64"},{"name":"factor","kind":"scalar","type":"f64"},{"name":"from","kind":"scalar","type":"i32"},{"name":"to","kind":"scalar","type":"i32"}],"result":{"kind":"void"},"range":true}],"imports":[],"dataEnd":0};

/** The WebAssembly module, in base64. */
export const wasm: string = "AGFzbQEAAAABCAFgBH98f38AAhIBA2VudgZtZW1vcnkCAwCAgAEDAgEABwkBBXNjYWxlAAAKLwEtAQF/A0AgAiADSARAIAAgAkEDdGoiBCAEKwMAIAGiOQMAIAJBAWohAgwBCwsLAJEDB3RlbmRyaWx7InZlcnNpb24iOjEsImZ1bmN0aW9ucyI6W3sibmFtZSI6InNjYWxlIiwiZG9jIjoiTXVsdGlwbGllcyB0aGUgbnVtYmVycyBmcm9tIGBmcm9tYCB1cCB0byBgdG9gIChleGNsdWRlZCkgYnkgYGZhY3RvcmAsIHdoZXJlIHRoZXkgYXJlLiIsInBhcmFtcyI6W3sibmFtZSI6InZhbHVlcyIsImtpbmQiOiJpbm91dCIsInR5cGUiOiJmNjQifSx7Im5hbWUiOiJmYWN0b3IiLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImY2NCJ9LHsibmFtZSI6ImZyb20iLCJraW5kIjoic2NhbGFyIiwidHlwZSI6ImkzMiJ9LHsibmFtZSI6InRvIiwia2luZCI6InNjYWxhciIsInR5cGUiOiJpMzIifV0sInJlc3VsdCI6eyJraW5kIjoidm9pZCJ9LCJyYW5nZSI6dHJ1ZX1dLCJpbXBvcnRzIjpbXSwiZGF0YUVuZCI6MH0=";
