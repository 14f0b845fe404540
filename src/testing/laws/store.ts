/** Where a queue is kept that outlives those who use it. A job is put, leased, and acknowledged; a lease that runs out gives it back. */
import type { Op } from "../../core/mod.ts";

/** Options of {@linkcode Store.put}. */
export interface StorePutOptions {
  /** Put again under the same id, a job is there once. Default: a new id. */
  id?: string;
  /** Milliseconds until it can be leased. Default 0. */
  delay?: number;
  /** Its lane: a lower number is leased first. Default 0. */
  priority?: number;
}

/** A job that somebody works on: data only, so that it can be handed to another process. */
export interface Lease<T> {
  readonly id: string;
  readonly item: T;
  /** How often the job was leased, this time included. */
  readonly attempt: number;
  /** Tells this lease from earlier ones of the same job. */
  readonly token: string;
}

/** A job that was given up. */
export interface DeadLetter<T> {
  readonly id: string;
  readonly item: T;
  /** How often it was leased. */
  readonly attempts: number;
}

/**
 * A durable queue: each job is done at least once, though workers die at any moment. Durations are milliseconds. What has
 * returned has happened; what was killed on the way may have happened or not, and may be done again: puts under an id, and
 * acknowledgements, are the same done twice as done once.
 */
export interface Store<T> {
  /** Keeps a copy of `item`, and gives the job's id. */
  put(item: T, options?: StorePutOptions): Op<string>;
  /** The next job, for `ms` milliseconds, or undefined if there is none now. Nobody else gets it until then. */
  lease(options: { ms: number }): Op<Lease<T> | undefined>;
  /** The job is done, for good. False: the lease is over, somebody else may have the job. */
  ack(lease: Lease<T>): Op<boolean>;
  /** Gives the job back, to be leased again after `delay` milliseconds. False: the lease is over. */
  nack(lease: Lease<T>, options?: { delay?: number }): Op<boolean>;
  /** The lease ends `ms` milliseconds from now. False: it is over already. */
  extend(lease: Lease<T>, ms: number): Op<boolean>;
  /** How many jobs are neither done nor given up. */
  size(): Op<number>;
  /** The jobs that were given up, after as many attempts as the store allows. */
  deadLetters(): Op<readonly DeadLetter<T>[]>;
}
