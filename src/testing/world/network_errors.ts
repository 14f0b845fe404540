/** How requests fail, in the form that Node's fetch gives: a `TypeError` whose cause has a code. */

const ERRNO: { readonly [code: string]: number } = {
  ECONNREFUSED: -111,
  ECONNRESET: -104,
  ENOTFOUND: -3008,
  EAI_AGAIN: -3001,
};

function systemError(code: string, syscall: string, rest: string, more: object = {}): Error {
  const known = ERRNO[code] === undefined ? {} : { errno: ERRNO[code] };
  return Object.assign(new Error(`${syscall} ${code}${rest}`), { ...known, code, syscall, ...more });
}

/** No connection, or one that broke before the answer came. */
export function fetchFailed(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}

export function refused(url: URL): TypeError {
  const address = "127.0.0.1", port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  return fetchFailed(systemError("ECONNREFUSED", "connect", ` ${address}:${port}`, { address, port }));
}

export function reset(): TypeError {
  return fetchFailed(systemError("ECONNRESET", "read", ""));
}

/** @param code `ENOTFOUND`, or `EAI_AGAIN` where the name's server does not answer. */
export function unresolved(url: URL, code: "ENOTFOUND" | "EAI_AGAIN", hint: string = ""): TypeError {
  const { hostname } = url;
  return fetchFailed(systemError(code, "getaddrinfo", ` ${hostname}${hint}`, { hostname }));
}

/** A body that ends before its end. */
export function terminated(): TypeError {
  const cause = Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" });
  return new TypeError("terminated", { cause });
}
