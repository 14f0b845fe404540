/**
 * Where time comes from. The loop asks for `now`, and to be called at the next deadline; it keeps all timers itself.
 * A clock whose time does not pass by itself (`VirtualClock`) has `advance`: the loop calls it when nothing else is
 * left to do, instead of setting an alarm.
 */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /**
   * Calls `client.ring()` once, at `deadline` or soon after. Replaces this client's earlier alarm; `Infinity` takes it
   * away. With `ref` false the alarm does not keep the program alive.
   */
  alarm(client: AlarmClient, deadline: number, ref: boolean): void;
  /** A loop begins to use this clock, or has ended. */
  attach?(client: AlarmClient): void;
  detach?(client: AlarmClient): void;
  /** Jumps to `deadline` and gives true, or gives false where somebody else who uses the clock comes first. */
  advance?(client: AlarmClient, deadline: number): boolean;
}

/** Whom an alarm calls. */
export interface AlarmClient {
  ring(): void;
  /** Nothing of it is ready to go on. */
  readonly isIdle: boolean;
}
