// Windows lie in segments of time, so that what is older than the retention goes as a whole. A segment lives while any of its
// windows may: Kafka's stores keep as much. Kafka: AbstractSegments, SegmentInterval of max(retention / 2, 60 s).

const INTERVAL_MS_MIN = 60_000;

/** Which windows are still kept, by the highest window start seen. */
export class Segments {
  readonly retentionMs: number;
  readonly #intervalMs: number;
  /** Starts of windows, by segment, with how many are there. */
  readonly #live = new Set<number>();
  #observedMs = -1;

  constructor(retentionMs: number) {
    this.retentionMs = retentionMs;
    this.#intervalMs = Math.max(retentionMs / 2, INTERVAL_MS_MIN);
  }

  /** Highest window start seen; −1 before the first. */
  get observedMs(): number {
    return this.#observedMs;
  }

  /** Whether a window that starts then is not kept any more. */
  isExpired(start: number): boolean {
    return start <= this.#observedMs - this.retentionMs;
  }

  /**
   * Notes a window.
   *
   * @returns the ends (exclusive, window starts) of segments that are over now: what starts before may be deleted
   */
  observe(start: number): number | undefined {
    this.#observedMs = Math.max(this.#observedMs, start);
    this.#live.add(Math.floor(start / this.#intervalMs));
    const oldestLive = Math.floor((this.#observedMs - this.retentionMs + 1) / this.#intervalMs);
    let over: number | undefined;
    for (const segment of this.#live) {
      if (segment >= oldestLive) continue;
      this.#live.delete(segment);
      over = Math.max(over ?? 0, (segment + 1) * this.#intervalMs);
    }
    return over;
  }
}
