// Written by `npm run build:asm` from asm/kernels/xxhash.ts: change that.
// deno-fmt-ignore-file
import type { KernelManifest } from "../manifest.ts";

/** The functions of asm/kernels/xxhash.ts. */
export interface Xxhash {
  /** Hashes of the messages `from` up to `to`. Message i is data[offsets[i]] up to data[offsets[i + 1]]. */
  xxh64(data: Uint8Array, offsets: Int32Array, seed: bigint, out: BigUint64Array, from: number, to: number): void;
}

/** Its types, as data. */
export const manifest: KernelManifest = {"version":1,"functions":[{"name":"xxh64","doc":"Hashes of the messages `from` up to `to`. Message i is data[offsets[i]] up to data[offsets[i + 1]].","params":[{"name":"data","kind":"in","type":"u8"},{"name":"offsets","kind":"in","type":"i32"},{"name":"seed","kind":"scalar","type":"u64"},{"name":"out","kind":"out","type":"u64"},{"name":"from","kind":"scalar","type":"i32"},{"name":"to","kind":"scalar","type":"i32"}],"result":{"kind":"void"},"range":true}],"imports":[],"dataEnd":0};

/** The WebAssembly module, in base64. */
export const wasm: string = "AGFzbQEAAAABCgFgBn9/fn9/fwACEgEDZW52Bm1lbW9yeQIDAICAAQMCAQAHCQEFeHhoNjQAAAqpBgGmBgIEfwR+A0AgBCAFSARAIAJCxc/ZsvHluuonfCEKIAAgASAEQQFqQQJ0aigCAGoiCCAAIAEgBEECdGooAgBqIgZrIglBIE8EfiACQtbrgu7q/Yn14AB8IQsgAkKxqazBrbjUpj19IQwgAiIKQvnq0NDnyaHk4QB8IQ0DQCAGQSBqIgcgCE0EQCALIAYpAwBCz9bTvtLHq9lCfnxCH4lCh5Wvr5i23puef34hCyAMIAYpAwhCz9bTvtLHq9lCfnxCH4lCh5Wvr5i23puef34hDCAKIAYpAxBCz9bTvtLHq9lCfnxCH4lCh5Wvr5i23puef34hCiANIAYpAxhCz9bTvtLHq9lCfnxCH4lCh5Wvr5i23puef34hDSAHIQYMAQsLIAtCAYkgDEIHiXwgCkIMiXwgDUISiXwgC0LP1tO+0ser2UJ+Qh+JQoeVr6+Ytt6bnn9+hUKHla+vmLbem55/fkKdo7Xqg7GNivoAfSAMQs/W077Sx6vZQn5CH4lCh5Wvr5i23puef36FQoeVr6+Ytt6bnn9+Qp2jteqDsY2K+gB9IApCz9bTvtLHq9lCfkIfiUKHla+vmLbem55/foVCh5Wvr5i23puef35CnaO16oOxjYr6AH0gDULP1tO+0ser2UJ+Qh+JQoeVr6+Ytt6bnn9+hUKHla+vmLbem55/fkKdo7Xqg7GNivoAfQUgCgsgCa18IQoDQCAGQQhqIgcgCE0EQCAKIAYpAwBCz9bTvtLHq9lCfkIfiUKHla+vmLbem55/foVCG4lCh5Wvr5i23puef35CnaO16oOxjYr6AH0hCiAHIQYMAQsLIAZBBGoiByAITQRAIAogBjUCAEKHla+vmLbem55/foVCF4lCz9bTvtLHq9lCfkL5893xmfaZqxZ8IQogByEGCwNAIAYgCEkEQCAKIAYxAABCxc/ZsvHluuonfoVCC4lCh5Wvr5i23puef34hCiAGQQFqIQYMAQsLIAMgBEEDdGogCiAKQiGIhULP1tO+0ser2UJ+IgogCkIdiIVC+fPd8Zn2masWfiIKIApCIIiFNwMAIARBAWohBAwBCwsLAOwDB3RlbmRyaWx7InZlcnNpb24iOjEsImZ1bmN0aW9ucyI6W3sibmFtZSI6Inh4aDY0IiwiZG9jIjoiSGFzaGVzIG9mIHRoZSBtZXNzYWdlcyBgZnJvbWAgdXAgdG8gYHRvYC4gTWVzc2FnZSBpIGlzIGRhdGFbb2Zmc2V0c1tpXV0gdXAgdG8gZGF0YVtvZmZzZXRzW2kgKyAxXV0uIiwicGFyYW1zIjpbeyJuYW1lIjoiZGF0YSIsImtpbmQiOiJpbiIsInR5cGUiOiJ1OCJ9LHsibmFtZSI6Im9mZnNldHMiLCJraW5kIjoiaW4iLCJ0eXBlIjoiaTMyIn0seyJuYW1lIjoic2VlZCIsImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoidTY0In0seyJuYW1lIjoib3V0Iiwia2luZCI6Im91dCIsInR5cGUiOiJ1NjQifSx7Im5hbWUiOiJmcm9tIiwia2luZCI6InNjYWxhciIsInR5cGUiOiJpMzIifSx7Im5hbWUiOiJ0byIsImtpbmQiOiJzY2FsYXIiLCJ0eXBlIjoiaTMyIn1dLCJyZXN1bHQiOnsia2luZCI6InZvaWQifSwicmFuZ2UiOnRydWV9XSwiaW1wb3J0cyI6W10sImRhdGFFbmQiOjB9";
