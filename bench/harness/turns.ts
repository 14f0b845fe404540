/** Counts the turns that are real switches: a task that runs twice in a row counts once. */
export class Turns {
  #last = 0;
  count = 0;

  take(me: number): void {
    if (this.#last !== me) {
      this.#last = me;
      this.count++;
    }
  }
}
