/** Answers with all their bytes, as a simulated network carries them. */
import { until } from "../../sync/mod.ts";
import { type Bytes, bytesOf } from "./content.ts";
import { SimulatedRequest } from "./request.ts";
import { SimulatedResponse } from "./response.ts";

/** An answer with its bytes. */
export interface Message {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Null: a status without a body. */
  readonly pieces: readonly Bytes[] | null;
}

/** An answer of the network's own. */
export function plain(status: number, text: string): Message {
  const headers = new Headers({ "content-type": "text/plain;charset=UTF-8" });
  return { status, statusText: text, headers, pieces: [bytesOf(text, "an answer")] };
}

/** What a server gave, with all its bytes. */
export function* read(answer: unknown): Generator<unknown, Message, unknown> {
  let response = answer;
  if (typeof answer === "string") response = new SimulatedResponse(answer);
  else if (typeof answer === "object" && answer !== null && !(answer instanceof Response)) {
    const { status, headers, body, json } = answer as Record<string, never>;
    response = json === undefined
      ? new SimulatedResponse(body, { status, headers })
      : SimulatedResponse.json(json, { status, headers });
  }
  if (!(response instanceof Response)) {
    throw new TypeError(`a server must answer with a Response, { status, headers, body } or a string`);
  }
  const { status, statusText, headers } = response;
  if (!(response instanceof SimulatedResponse)) {
    const bytes = response.body === null ? null : new Uint8Array(yield* until(response.arrayBuffer()));
    return { status, statusText, headers, pieces: bytes === null ? null : [bytes] };
  }
  const pieces = SimulatedResponse.piecesOf(response);
  if (pieces === undefined) {
    throw new TypeError("a server answered with a Response whose body was read already");
  }
  return {
    status,
    statusText,
    headers: new Headers(headers),
    pieces: response.body === null ? null : pieces,
  };
}

/** The request that follows a redirection: a POST becomes a GET, as the web has it. */
export function redirected(request: SimulatedRequest, url: URL, status: number): SimulatedRequest {
  const { method, headers, signal, redirect } = request;
  const drops = status === 303 ? method !== "HEAD" : status < 303 && method === "POST";
  const body = drops || method === "GET" || method === "HEAD" ? undefined : SimulatedRequest.bytesOf(request);
  return new SimulatedRequest(url, { method: drops ? "GET" : method, headers, signal, redirect, body });
}

export function firstBytes(pieces: readonly Bytes[], n: number): Bytes[] {
  const some: Bytes[] = [];
  let left = n;
  for (const piece of pieces) {
    if (left <= 0) break;
    some.push(piece.slice(0, left));
    left -= piece.length;
  }
  return some;
}
