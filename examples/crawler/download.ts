/**
 * One request, as a plain async function: greenlets and `await` live side by side. Whoever waits for it hands in a signal
 * that a kill aborts, and the connection closes with it, in the middle of the body too.
 */

/** As much of `fetch` as we need, so that a test can put a function in its place. */
export type Fetch = (
  url: URL,
  init: { signal: AbortSignal; redirect: "manual"; headers: Record<string, string> },
) => Promise<Response>;

export interface Download {
  readonly status: number;
  /** Where a redirect points to. */
  readonly location: URL | undefined;
  readonly type: string;
  /** The text of an HTML page or of plain text; empty for anything else, which is not read. */
  readonly text: string;
  readonly bytes: number;
}

/** Why a page could not be had. The three runtimes word these differently; `kind` is the same on all. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly kind: string;
  /** It may go better next time. */
  readonly transient: boolean;
  /** The server asks for this pause, in milliseconds. */
  readonly pause: number;

  constructor(kind: string, options: { transient?: boolean; pause?: number; cause?: unknown } = {}) {
    super(kind, { cause: options.cause });
    this.kind = kind;
    this.transient = options.transient ?? false;
    this.pause = options.pause ?? 0;
  }
}

export async function download(
  fetch: Fetch,
  url: URL,
  agent: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Download> {
  let response: Response;
  try {
    response = await fetch(url, {
      signal,
      redirect: "manual",
      headers: { "user-agent": agent, accept: "text/html,*/*;q=0.1" },
    });
  } catch (cause) {
    throw connectionError(cause);
  }
  const type = response.headers.get("content-type") ?? "";
  const target = response.headers.get("location");
  const redirects = response.status >= 300 && response.status < 400;
  if (!response.ok || !/^text\/(html|plain)/.test(type)) {
    await response.body?.cancel(); // gives the connection back without reading what we do not want
    if (!response.ok && !redirects) throw statusError(response);
    const location = redirects && target !== null ? URL.parse(target, url) : null;
    if (redirects && location === null) throw new PageError("bad redirect");
    return { status: response.status, location: location ?? undefined, type, text: "", bytes: 0 };
  }
  const { bytes, text } = await readText(response, type, maxBytes);
  return { status: response.status, location: undefined, type, text, bytes };
}

async function readText(
  response: Response,
  type: string,
  maxBytes: number,
): Promise<{ bytes: number; text: string }> {
  const decoder = decoderFor(type);
  const reader = response.body?.getReader();
  let bytes = 0;
  let text = "";
  for (;;) {
    const chunk = await reader?.read().catch((cause: unknown) => {
      throw new PageError("truncated body", { transient: true, cause });
    });
    if (chunk?.value === undefined) return { bytes, text: text + decoder.decode() };
    bytes += chunk.value.byteLength;
    text += decoder.decode(chunk.value, { stream: true });
    if (bytes <= maxBytes) continue;
    await reader?.cancel();
    throw new PageError("too large");
  }
}

function decoderFor(type: string): TextDecoder {
  const charset = /charset="?([^\s;"]+)/i.exec(type)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

function statusError(response: Response): PageError {
  const { status } = response;
  const pause = Number(response.headers.get("retry-after") ?? 0) * 1_000 || 0;
  return new PageError(`http ${status}`, { transient: status === 429 || status >= 500, pause });
}

function connectionError(cause: unknown): PageError {
  const said = `${describe(cause)} ${cause instanceof Error ? describe(cause.cause) : ""}`;
  if (/refused/i.test(said)) return new PageError("connection refused", { cause });
  if (/ENOTFOUND|EAI_AGAIN|dns error/i.test(said)) return new PageError("unknown host", { cause });
  return new PageError("connection lost", { transient: true, cause });
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.message} ${(error as { code?: unknown }).code ?? ""}` : "";
}
