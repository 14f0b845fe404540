/** What a test process and the observer say to each other: one JSON object a line. */

/** What the observer opens, and by that the moment that it can hold a client at. */
export type Place =
  /** A port that takes no more connections: what a client sends is dropped, and it goes on connecting. */
  | { at: "connect" }
  /** Accepts, reads, never answers. */
  | { at: "headers" }
  /** Answers a request and then drips an endless body; `raw` drips without being asked and without a head. */
  | { at: "body"; raw?: boolean }
  /** Answers each request with 503 and closes; `reset` closes without an answer. What comes next is a retry. */
  | { at: "retry"; reset?: boolean }
  /** A WebSocket that is open, has sent one message and sends no more. */
  | { at: "open" }
  /** Hands on to another server, and waits until the client has sent a text. */
  | { at: "behind"; url: string; text: string }
  /** A name server on UDP that never answers. */
  | { at: "lookup" }
  /** A named pipe into which bytes drip as soon as somebody reads. */
  | { at: "pipe"; path: string }
  /** A process whose command line has `mark` in it. */
  | { at: "process"; mark: string }
  /** A server of the kind that tests are friends with: `GET /<id>/<length>` gives the bytes of {@linkcode bytesOf}. */
  | { at: "echo"; pieces?: number; pauseMs?: number };

/** What the observer sees, with its own clock (milliseconds since 1970). */
export interface Seen {
  readonly what: "connected" | "request" | "reached" | "closed";
  readonly time: number;
  /** Number of the connection. */
  readonly connection: number;
  /** Method and path, or what else there is to say. */
  readonly text?: string;
}

export type Ask =
  & { readonly id: number }
  & (
    | { readonly ask: "open"; readonly place: Place }
    | { readonly ask: "close"; readonly place: number }
    | { readonly ask: "queries"; readonly url: string; readonly text: string }
  );

export type Answer =
  | { readonly id: number; readonly place?: number; readonly port?: number; readonly count?: number }
  | { readonly id: number; readonly error: string }
  | { readonly place: number; readonly seen: Seen };

/** The body that `GET /<id>/<length>` has: no two ids have the same, and no two parts of one are alike. */
export function bytesOf(id: number, length: number): string {
  let state = (id * 2654435761 + 12345) >>> 0;
  let text = `${id}:`;
  while (text.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}
