// Windows of a fixed size: tumbling, one after the other, or hopping, a new one every `advanceMs`. They begin at multiples of the
// advance since 1970; the end is exclusive. Kafka: TimeWindows.
import type { Windowed } from '../store/window-store.ts';

export interface TimeWindowOptions {
  readonly sizeMs: number;
  /** How far from one window to the next; at most `sizeMs`. Default `sizeMs`: no record is in two. */
  readonly advanceMs?: number;
  /** How long after its end a window still takes records, by stream time. Default 0. */
  readonly graceMs?: number;
}

export class TimeWindows {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;

  /** @throws RangeError for a size, advance or grace that cannot be */
  constructor({ sizeMs, advanceMs = sizeMs, graceMs = 0 }: TimeWindowOptions) {
    if (!(sizeMs > 0)) throw new RangeError(`a window's size must be above 0 ms: ${sizeMs}`);
    if (!(advanceMs > 0 && advanceMs <= sizeMs))
      throw new RangeError(
        `windows of ${sizeMs} ms must advance by more than 0 and at most ${sizeMs} ms: ${advanceMs}`,
      );
    if (!(graceMs >= 0)) throw new RangeError(`a grace cannot be negative: ${graceMs}`);
    this.sizeMs = sizeMs;
    this.advanceMs = advanceMs;
    this.graceMs = graceMs;
  }

  /** Starts of the windows that a time is in, earliest first. */
  startsFor(timestamp: number): number[] {
    const { advanceMs } = this;
    const first = Math.floor(Math.max(0, timestamp - this.sizeMs + advanceMs) / advanceMs);
    const starts: number[] = [];
    for (let start = first * advanceMs; start <= timestamp; start += advanceMs) starts.push(start);
    return starts;
  }

  /** A key in the window that starts then. */
  windowed<K>(key: K, start: number): Windowed<K> {
    return { key, window: { start, end: start + this.sizeMs } };
  }
}

/** One after the other, without overlap. */
export function tumblingWindows(options: Omit<TimeWindowOptions, 'advanceMs'>): TimeWindows {
  return new TimeWindows(options);
}

/** Overlapping: a new one every `advanceMs`. */
export function hoppingWindows(
  options: TimeWindowOptions & { readonly advanceMs: number },
): TimeWindows {
  return new TimeWindows(options);
}
