/** Names and addresses. */
import { type Op, show } from "../core/mod.ts";
import { type WaitOptions, waitTime } from "../sync/mod.ts";
import { directly, type DnsCallback, type RawResolver } from "../host/io.ts";
import { netError } from "./errors.ts";
import { hostCall } from "./waits.ts";

/** An address that a name stands for. */
export interface LookupAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Options of {@linkcode lookup}. */
export interface LookupOptions extends WaitOptions {
  /** Only addresses of this family. Default: both. */
  family?: 4 | 6;
  /** Give all addresses instead of the first. */
  all?: boolean;
}

/** Options of the functions that ask a name server. */
export interface ResolveOptions extends WaitOptions {
  /** Whom to ask, as `"1.1.1.1"` or `"[::1]:5353"`. Default: those of the system. */
  servers?: readonly string[];
}

/** What records of each type look like. */
export interface DnsRecords {
  A: string[];
  AAAA: string[];
  CAA: { critical: number; issue?: string; issuewild?: string; iodef?: string }[];
  CNAME: string[];
  MX: { priority: number; exchange: string }[];
  NAPTR: {
    flags: string;
    service: string;
    regexp: string;
    replacement: string;
    order: number;
    preference: number;
  }[];
  NS: string[];
  PTR: string[];
  SOA: {
    nsname: string;
    hostmaster: string;
    serial: number;
    refresh: number;
    retry: number;
    expire: number;
    minttl: number;
  };
  SRV: { priority: number; weight: number; port: number; name: string }[];
  /** Each record in its parts; on Bun each part is a record. */
  TXT: string[][];
}

/** A type of records. */
export type DnsType = keyof DnsRecords;

const TYPES: ReadonlySet<string> = new Set<DnsType>([
  ...["A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "TXT"] as const,
]);

function checkName(name: unknown, what: string): string {
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`${what} needs a name as text, not ${show(name)}`);
}

/**
 * The address of a host as the system knows it, with its hosts file: what `connect` uses. With `all`, all of them.
 *
 * A kill or the timeout leaves at once; the system's own call cannot be stopped, and its result is ignored.
 *
 * @throws `NetError` (`ENOTFOUND`); `TimeoutError`.
 * @example
 * ```ts
 * import { run } from "tendril";
 * import { lookup } from "tendril/net";
 * import { assertEquals } from "@std/assert";
 *
 * await run(function* () {
 *   assertEquals(yield* lookup("127.0.0.1"), { address: "127.0.0.1", family: 4 });
 * });
 * ```
 */
export function lookup(host: string, options: LookupOptions & { all: true }): Op<LookupAddress[]>;
export function lookup(host: string, options?: LookupOptions & { all?: false }): Op<LookupAddress>;
export function lookup(host: string, options: LookupOptions = {}): Op<LookupAddress | LookupAddress[]> {
  const what = `lookup of ${show(checkName(host, "lookup"))}`;
  const { family } = options;
  if (family !== undefined && family !== 4 && family !== 6) {
    throw new RangeError(`lookup's family must be 4 or 6, not ${show(family)}`);
  }
  return hostCall(what, waitTime(options, "lookup"), () =>
    answerOf<LookupAddress[]>(what, (done) => {
      directly(({ dns }) => dns.lookup(host, { all: true, family: family ?? 0 }, done));
    }).then((all) => options.all === true ? all : all[0]));
}

/**
 * The records of a name, from a name server: by default those of type A, its IPv4 addresses. A kill or the timeout stops
 * the query.
 *
 * @throws `NetError` (`ENOTFOUND`, `ENODATA`, `ECONNREFUSED`, …; which of the first two, runtimes do not agree);
 * `TimeoutError`.
 */
export function resolve<T extends DnsType = "A">(
  name: string,
  type: T = "A" as T,
  options: ResolveOptions = {},
): Op<DnsRecords[T]> {
  checkName(name, "resolve");
  if (!TYPES.has(type)) {
    throw new TypeError(`resolve knows the types ${[...TYPES].join(", ")}, not ${show(type)}`);
  }
  return query(
    `resolve of ${type} ${name}`,
    options,
    (resolver, done) =>
      resolver.resolve(
        name,
        type,
        (error, answer) => done(error, NAMING.has(type) ? undotted(answer) : answer),
      ),
  );
}

/** Types whose records hold names. */
const NAMING: ReadonlySet<string> = new Set<DnsType>(["CNAME", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV"]);

/** Deno gives names with the root's dot at their end, the others without. */
function undotted(answer: unknown): unknown {
  if (typeof answer === "string") return answer.length > 1 ? answer.replace(/\.$/, "") : answer;
  if (Array.isArray(answer)) return answer.map(undotted);
  if (typeof answer !== "object" || answer === null) return answer;
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, undotted(value)]));
}

/** The names of an IP address. */
export function reverse(address: string, options: ResolveOptions = {}): Op<string[]> {
  checkName(address, "reverse");
  if (directly(({ net }) => net.isIP(address)) === 0) {
    throw new TypeError(`reverse needs an IP address, not ${show(address)}`);
  }
  return query(
    `reverse of ${address}`,
    options,
    (resolver, done) => resolver.reverse(address, (error, answer) => done(error, undotted(answer))),
  );
}

/** IPv4 addresses. See {@linkcode resolve}. */
export function resolve4(name: string, options?: ResolveOptions): Op<string[]> {
  return resolve(name, "A", options);
}

/** IPv6 addresses. */
export function resolve6(name: string, options?: ResolveOptions): Op<string[]> {
  return resolve(name, "AAAA", options);
}

/** The name that this one is another name of. */
export function resolveCname(name: string, options?: ResolveOptions): Op<string[]> {
  return resolve(name, "CNAME", options);
}

/** Who takes its mail. */
export function resolveMx(name: string, options?: ResolveOptions): Op<DnsRecords["MX"]> {
  return resolve(name, "MX", options);
}

/** Its name servers. */
export function resolveNs(name: string, options?: ResolveOptions): Op<string[]> {
  return resolve(name, "NS", options);
}

/** What it points to. */
export function resolvePtr(name: string, options?: ResolveOptions): Op<string[]> {
  return resolve(name, "PTR", options);
}

/** Where its services are. */
export function resolveSrv(name: string, options?: ResolveOptions): Op<DnsRecords["SRV"]> {
  return resolve(name, "SRV", options);
}

/** Its texts, each in its parts; Bun gives each part as a text of its own. */
export function resolveTxt(name: string, options?: ResolveOptions): Op<string[][]> {
  return resolve(name, "TXT", options);
}

/** A resolver of its own for each query: to cancel one cancels all that it has. */
function query<T>(
  what: string,
  options: ResolveOptions,
  ask: (resolver: RawResolver, done: DnsCallback) => void,
): Op<T> {
  const { servers } = options;
  return hostCall(
    what,
    waitTime(options, what),
    (signal) =>
      answerOf<T>(what, (done) =>
        directly(({ dns }) => {
          const resolver = new dns.Resolver({});
          if (servers !== undefined) resolver.setServers(servers);
          signal.addEventListener("abort", () => resolver.cancel());
          ask(resolver, done);
        })),
  );
}

function answerOf<T>(what: string, ask: (done: DnsCallback) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    try {
      ask((error, answer) => error ? reject(netError(what, error)) : resolve(answer as T));
    } catch (error) {
      reject(netError(what, error));
    }
  });
}
