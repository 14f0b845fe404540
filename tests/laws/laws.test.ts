/** The laws over all implementations. */
import {
  BoundedSemaphore,
  CapacityLimiter,
  Condition,
  Lock,
  RLock,
  Semaphore,
} from "../../src/mod.ts";
import { describe } from "../harness.ts";
import { lockLaws } from "./lock.ts";

describe("laws of locks", () => {
  const semaphore = { deadHolder: "keeps", again: "waits", stranger: "releases" } as const;
  lockLaws("Semaphore(1)", () => new Semaphore(1), semaphore);
  lockLaws("BoundedSemaphore(1)", () => new BoundedSemaphore(1), semaphore);
  lockLaws("CapacityLimiter(1)", () => new CapacityLimiter(1), {
    deadHolder: "frees",
    again: "throws",
    stranger: "throws",
  });
  const owned = { deadHolder: "breaks", stranger: "throws" } as const;
  lockLaws("Lock", () => new Lock(), { ...owned, again: "throws" });
  lockLaws("RLock", () => new RLock(), { ...owned, again: "counts" });
  lockLaws("Condition", () => new Condition(), { ...owned, again: "throws" });
  lockLaws("Condition of an RLock", () => new Condition(new RLock()), { ...owned, again: "counts" });
});
