/**
 * Where the databases are that the tests talk to. scripts/test.ts starts them when a chosen test file imports this file
 * by name, and stops them in the end.
 */
import process from "node:process";

function wanted(variable: string, what: string): string {
  const url = process.env[variable];
  if (url !== undefined && url !== "") return url;
  throw new Error(
    `${variable} is not set, so there is no ${what} to test with: run this by \`npm test\`, or start one by ` +
      "`node scripts/setup.mjs scripts/servers.ts` and set the variables that it prints",
  );
}

/** URL of a real PostgreSQL. */
export function postgresUrl(): string {
  return wanted("TENDRIL_TEST_POSTGRES", "PostgreSQL");
}

/** URL of a real Redis. */
export function redisUrl(): string {
  return wanted("TENDRIL_TEST_REDIS", "Redis");
}
