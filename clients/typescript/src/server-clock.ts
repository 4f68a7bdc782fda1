// What time it is at the server, as far as the `Date` of its answers tells.

/** How many answers are remembered: with more, a clock that runs a little fast would be noticed later. */
const ANSWERS_MAX = 16;
/** `Date` leaves out what is less than a second, and the gateway renews it twice a second. */
const DATE_LAGS_MAX_MS = 1500;

/** By how much the server's clock is ahead of the local one, at least and at most. */
interface Offsets {
  least: number;
  most: number;
}

export class ServerClock {
  readonly #answers: Offsets[] = [];

  /** Notes an answer. Local times are those of `performance.now()`, which nobody can set. */
  note(date: string | null, sentAt: number, answeredAt: number): void {
    const time = Date.parse(date ?? "");
    if (Number.isNaN(time)) {
      return;
    }
    this.#answers.unshift({ least: time - answeredAt, most: time + DATE_LAGS_MAX_MS - sentAt });
    this.#answers.length = Math.min(this.#answers.length, ANSWERS_MAX);
  }

  /** The server's time in milliseconds; the local time before the first answer. */
  now(): number {
    const [latest, ...earlier] = this.#answers;
    if (latest === undefined) {
      return Date.now();
    }
    let { least, most } = latest;
    for (const offsets of earlier) {
      // Since this answer one of the clocks was set, or stood still while the computer slept.
      if (offsets.least > most || offsets.most < least) {
        break;
      }
      least = Math.max(least, offsets.least);
      most = Math.min(most, offsets.most);
    }
    return performance.now() + (least + most) / 2;
  }
}
