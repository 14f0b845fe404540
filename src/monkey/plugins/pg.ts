/**
 * The package pg: bound at the query.
 *
 * A query that was not sent yet leaves its client's line. One that runs is cancelled on the server, by a cancel request on
 * a connection of its own: closing the client's would tell the server nothing until the query is done, and others may wait
 * behind it. A greenlet that waits for a client leaves the pool's line.
 *
 * A client that came out of a pool is bound to who got it. Once one of its queries was cancelled or refused, or where the
 * greenlet leaves it in a transaction, it is thrown away when it is released; one that the greenlet's own cleanup does not
 * release is thrown away after it. The pool opens its connections as nobody.
 *
 * What is not documented of pg is looked at with care: where it is missing, a query is only left alone.
 */
import { wrapConnect, wrapNewClient, wrapPoolConnect, wrapPoolQuery } from "./pg_pool.ts";
import { wrapQuery } from "./pg_query.ts";
import type { Pg } from "./pg_types.ts";
import { install, type Method, prototypeOf } from "./plugin.ts";

function methodsOf(module: object): Method[] {
  const pg = module as Pg;
  const client = prototypeOf(pg.Client);
  const pool = prototypeOf(pg.Pool);
  return [
    [client, "query", wrapQuery(pg)],
    [client, "connect", wrapConnect],
    [pool, "connect", wrapPoolConnect],
    [pool, "query", wrapPoolQuery],
    [pool, "newClient", wrapNewClient],
  ];
}

/**
 * Binds the queries of the package pg to the greenlets that make them. A kill or a timeout cancels a query on the server
 * and takes one that waits out of its line, of the client or of the pool; a client that a killed greenlet has out of a pool
 * does not come back. It acts while something is patched by `patchAll`.
 *
 * Not bound: `pg.native`, and queries of clients in pipeline mode, which are only left alone.
 *
 * @param pg the module, as its default import gives it: `import pg from "pg"`.
 * @returns disposing it undoes the patch.
 * @throws `TypeError` if that is not pg.
 * @example
 * ```ts no-run
 * import { patchPg } from "tendril/monkey";
 * import pg from "pg";
 *
 * patchPg(pg); // once, where the program begins
 * ```
 */
export function patchPg(pg: object): Disposable {
  return install("patchPg", pg, methodsOf);
}
