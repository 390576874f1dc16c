// When `consume` is done: after N messages, or at the end that each partition had at the start. Pure; Ctrl-C and the
// idle timeout are the loop's.
import type { PartitionRange } from './consume-plan.ts';

/** Follows the messages that go by. */
export class StopRule {
  #messagesLeft: number;
  /** End offset (exclusive) by partition; undefined without `--until-end`. */
  readonly #ends: Map<string, number> | undefined;

  /**
   * @param maxMessages undefined for no limit
   * @param ranges stretches to read to their ends; undefined to go on for ever
   */
  constructor(maxMessages: number | undefined, ranges: readonly PartitionRange[] | undefined) {
    this.#messagesLeft = maxMessages ?? Infinity;
    this.#ends =
      ranges === undefined
        ? undefined
        : new Map(
            ranges
              .filter(({ startOffset, endOffset }) => startOffset < endOffset)
              .map(({ topic, partition, endOffset }) => [keyOf(topic, partition), endOffset]),
          );
  }

  /** Nothing more is to be printed. */
  get isDone(): boolean {
    return this.#messagesLeft === 0 || this.#ends?.size === 0;
  }

  /** Whether a message is to be printed: false beyond the end of its partition. */
  takes(topic: string, partition: number, offset: number): boolean {
    if (this.#messagesLeft === 0) return false;
    if (this.#ends === undefined) return true;
    const end = this.#ends.get(keyOf(topic, partition));
    return end !== undefined && offset < end;
  }

  /** One message was printed. */
  printed(): void {
    this.#messagesLeft -= 1;
  }

  /** Everything of the partition below `position` (exclusive) has gone by, printed or not. */
  reached(topic: string, partition: number, position: number): void {
    const key = keyOf(topic, partition);
    const end = this.#ends?.get(key);
    if (end !== undefined && position >= end) this.#ends?.delete(key);
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
