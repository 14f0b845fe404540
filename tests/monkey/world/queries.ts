/** What PostgreSQL itself says of its clients. */
import pg from "pg";

const clients = new Map<string, Promise<pg.Client>>();

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => clients.delete(url)); // the server has stopped
  await client.connect();
  return client;
}

/** How many queries run now that contain `text`. */
export async function countQueries(url: string, text: string): Promise<number> {
  if (!clients.has(url)) clients.set(url, connect(url));
  const client = await clients.get(url) as pg.Client;
  const found = await client.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE $1",
    [`%${text}%`],
  );
  return (found.rows[0] as { n: number }).n;
}
