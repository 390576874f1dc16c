// A fetch that waits for bytes. Looks at offsets, and for `fetch.min.bytes` above 1 at what the tail cache holds.
// Kafka: DelayedFetch.
import { ErrorCode } from '@ottla/protocol';
import { DelayedOperation } from '../purgatory/delayed-operation.ts';
import type { FetchIsolation, Partition } from '../replica/partition.ts';
import type { WantedPartition } from './fetch-session.ts';

/** One partition of the fetch. */
export interface WatchedPartition {
  readonly wanted: WantedPartition;
  readonly partition: Partition;
}

export interface DelayedFetchOptions {
  readonly watched: readonly WatchedPartition[];
  readonly isolation: FetchIsolation;
  /** Why a partition cannot be served; `ErrorCode.NONE` while it can. */
  readonly refusal: (watched: WatchedPartition) => number;
  /** Whether a partition is to give nothing for now. */
  readonly isHeldBack: (partition: Partition) => boolean;
  /** Whether who fetches is to hear at once that more is committed: a follower that consumers read from (KIP-392). */
  readonly tellsHighWatermark: boolean;
  readonly minBytes: number;
  /** The client is gone: nobody waits. */
  readonly isAbandoned: () => boolean;
  readonly answer: () => void;
}

/** Complete when enough is there, or when reading would tell something else than "nothing yet". */
export class DelayedFetch extends DelayedOperation {
  readonly kind = 'Fetch';
  readonly #options: DelayedFetchOptions;

  constructor(options: DelayedFetchOptions) {
    super();
    this.#options = options;
  }

  tryComplete(moved?: unknown): boolean {
    return (this.#options.isAbandoned() || this.#isEnough(moved)) && this.complete();
  }

  protected onComplete(): void {
    this.#options.answer();
  }

  #isEnough(moved: unknown): boolean {
    const { watched, minBytes, refusal, tellsHighWatermark } = this.#options;
    // Where any byte is enough, the others gave none when they moved last: followers watch thousands.
    const isAlone = moved !== undefined && minBytes <= 1;
    let bytes = 0;
    for (const each of watched) {
      if (isAlone && each.partition !== moved) continue;
      if (refusal(each) !== ErrorCode.NONE) return true;
      const { wanted, partition } = each;
      const { fetchOffset } = wanted;
      if (fetchOffset < partition.logStartOffset || fetchOffset > partition.logEndOffset)
        return true;
      if (tellsHighWatermark && isCommitNews(wanted, partition)) return true;
      bytes += this.#bytesOf(wanted, partition);
      if (bytes >= minBytes) return true;
    }
    return false;
  }

  /** Infinity for data that is not in memory: it lies far enough behind. */
  #bytesOf(wanted: WantedPartition, partition: Partition): number {
    const { isolation, minBytes, isHeldBack } = this.#options;
    const endOffset = partition.readEnd(isolation);
    if (wanted.fetchOffset >= endOffset || isHeldBack(partition)) return 0;
    if (minBytes <= 1) return 1;
    const region = partition.log!.readCached({
      offset: wanted.fetchOffset,
      maxBytes: wanted.maxBytes,
      endOffset,
      minOneBatch: true,
    });
    region?.release();
    return region?.sizeBytes ?? Infinity;
  }
}

/** Of who was told before, in its session. */
function isCommitNews({ toldHighWatermark }: WantedPartition, partition: Partition): boolean {
  return toldHighWatermark >= 0 && partition.highWatermark > toldHighWatermark;
}
