// Work on many things, some at a time: Pool.map keeps the order, imapUnordered gives each result as soon as it is there.
import assert from "node:assert/strict";
import { forEach, Pool, run, sleep, spawn } from "tendril";

let active = 0;
let most = 0;

function* fetchSize(page: string) {
  active++;
  most = Math.max(most, active);
  try {
    yield* sleep(page.length); // as if over a network: long names are slow
    return `${page}: ${page.length * 100} bytes`;
  } finally {
    active--;
  }
}

const pages = ["/a-very-long-address-indeed", "/contact", "/", "/about-us", "/team", "/a"];

await run(function* () {
  const pool = new Pool(3);

  const inOrder = yield* pool.map(fetchSize, pages);
  console.log(inOrder.join("\n"));
  assert.deepEqual(inOrder.map((text) => text.split(":")[0]), pages);
  assert.equal(most, 3);

  console.log("\nAs they come:");
  const asTheyCame: string[] = [];
  yield* forEach(pool.imapUnordered(fetchSize, pages), (text) => {
    console.log(text);
    asTheyCame.push(text);
  });
  assert.notDeepEqual(asTheyCame, inOrder);
  assert.deepEqual(asTheyCame.toSorted(), inOrder.toSorted());

  // spawn parks while the pool is full: the loop can run over millions of items and holds three at a time.
  most = 0;
  for (const page of pages) yield* pool.spawn(fetchSize, page);
  yield* pool.join();
  assert.deepEqual([most, pool.freeCount], [3, 3]);

  // One slow worker does not hold up what is outside its pool.
  const outsider = spawn(function* () {
    yield* sleep(1);
    return "not in the pool";
  });
  assert.equal(yield* outsider, "not in the pool");
  console.log(`\nNever more than ${most} at once`);
});
