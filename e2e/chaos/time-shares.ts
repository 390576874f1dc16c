// How the time of a run is shared among its schedules: what is left, in equal parts for those that are left. All that a
// schedule takes counts, from its empty cluster to its verdict; whoever takes more than its share takes it from those behind.

/** Until something was measured. */
const CLOSING_GUESS_MS = 15_000;

/** What one schedule may take. */
export interface Share {
  /** On the clock of `performance.now()`. */
  readonly endsAtMs: number;
  /** Of it, what comes behind the last round: answers that are waited for, reading, checking. */
  readonly closingMs: number;
}

export class TimeShares {
  readonly #endsAtMs: number;
  readonly #now: () => number;
  #schedulesLeft: number;
  readonly #closingsMs: number[] = [];

  /** The time begins to run. @param schedules that share it */
  constructor(totalMs: number, schedules: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#endsAtMs = now() + totalMs;
    this.#schedulesLeft = schedules;
  }

  /** Of the next schedule. When nothing is left it ends at once, and the schedule plays a single round. */
  next(): Share {
    const leftMs = Math.max(0, this.#endsAtMs - this.#now());
    const share = leftMs / Math.max(1, this.#schedulesLeft--);
    return { endsAtMs: this.#now() + share, closingMs: this.#closingMs() };
  }

  /** How long a schedule took from its last round to its verdict. */
  closedIn(ms: number): void {
    this.#closingsMs.push(ms);
  }

  #closingMs(): number {
    if (this.#closingsMs.length === 0) return CLOSING_GUESS_MS;
    return this.#closingsMs.reduce((sum, each) => sum + each, 0) / this.#closingsMs.length;
  }
}

/** Whether another round ends within the share, if it takes as long as the longest so far. */
export function hasTimeFor(
  roundMs: number,
  { endsAtMs, closingMs }: Share,
  nowMs: number,
): boolean {
  return nowMs + roundMs + closingMs <= endsAtMs;
}
