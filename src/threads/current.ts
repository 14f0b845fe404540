/** The thread that this code runs in. */
let name = "main";

/** Said once, by the thread's entry. */
export function setThreadName(own: string): void {
  name = own;
}

/** The name of this thread. */
export function threadName(): string {
  return name;
}
