// What a log knows of each idempotent or transactional producer: its epoch, its last five batches, its open transaction.
// Decides whether a batch is new, a duplicate or out of order. Pure. Kafka: ProducerStateManager, ProducerAppendInfo.
import {
  type BatchHeader,
  incrementSequence,
  isControlBatch,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
} from '@ottla/protocol/records';
import { LogError } from './errors.ts';

/** Batches remembered for each producer; it may have as many in flight. */
export const PRODUCER_BATCHES_KEPT = 5;
const NO_EPOCH = -1;
const INT32_MAX = 0x7fff_ffff;
/** Further back may as well be ahead: sequences go round. */
const SEQUENCES_BEHIND_MAX = 2 ** 30;

/** One appended batch, as far as telling duplicates needs it. */
export interface ProducerBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Inclusive. */
  readonly lastOffset: number;
  /** lastOffset − firstOffset. */
  readonly offsetDelta: number;
  /** Milliseconds: the batch's highest timestamp. */
  readonly timestamp: number;
}

/** One producer. Replaced, never changed. */
export interface ProducerEntry {
  readonly producerId: number;
  readonly epoch: number;
  /** Oldest first; at most five; all of `epoch`. */
  readonly batches: readonly ProducerBatch[];
  /** Records up to the newest whose sequences leave no gap, in `epoch`: those older than `batches` too. */
  readonly unbrokenRecords: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** First offset of the transaction that is open, or −1. */
  readonly transactionFirstOffset: number;
}

/** A transaction that ended by an abort: what read_committed consumers filter. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker, inclusive. */
  readonly lastOffset: number;
  readonly lastStableOffset: number;
}

interface EndedTransaction {
  readonly firstOffset: number;
  /** Of the marker, inclusive. */
  readonly lastOffset: number;
}

/** Where a batch comes from: clients are checked strictly, other replicas have already been. */
export type AppendOrigin = 'client' | 'coordinator' | 'replica';

/** All producers of one log. */
export class ProducerState {
  #entries = new Map<number, ProducerEntry>();
  /** Open transactions by producer id: first offset. */
  readonly #ongoing = new Map<number, number>();
  /** Transactions that ended by a marker that may not be replicated yet, in the order of their markers. */
  #ended: EndedTransaction[] = [];
  /** Everything before is reflected here. */
  mapEndOffset = 0;

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values();
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.#entries.get(producerId);
  }

  /** First offset of the oldest open transaction, or undefined. */
  get firstUndecidedOffset(): number | undefined {
    if (this.#ongoing.size === 0) return undefined;
    return Math.min(...this.#ongoing.values());
  }

  /**
   * First offset of the oldest transaction whose end is not replicated, whether its marker is in the log or not; undefined
   * when there is none. Until then it may still end otherwise: the marker can be truncated.
   */
  firstUnstableOffset(highWatermark: number): number | undefined {
    let first = this.firstUndecidedOffset ?? Infinity;
    for (const { firstOffset, lastOffset } of this.#ended)
      if (lastOffset >= highWatermark) first = Math.min(first, firstOffset);
    return first === Infinity ? undefined : first;
  }

  /** Markers below the high watermark (exclusive) are there for good. */
  forgetReplicated(highWatermark: number): void {
    if (this.#ended.length === 0 || this.#ended[0]!.lastOffset >= highWatermark) return;
    this.#ended = this.#ended.filter(({ lastOffset }) => lastOffset >= highWatermark);
  }

  /** The remembered batch that this one repeats, or undefined. */
  findDuplicate(header: BatchHeader): ProducerBatch | undefined {
    const entry = this.#entries.get(header.producerId);
    if (entry === undefined || entry.epoch !== header.producerEpoch) return undefined;
    const lastSequence = lastSequenceOf(header);
    return entry.batches.find(
      (batch) => batch.firstSequence === header.baseSequence && batch.lastSequence === lastSequence,
    );
  }

  /**
   * Whether the batch may follow what is known of its producer. Only what clients send is checked for sequence.
   * @throws LogError `INVALID_PRODUCER_EPOCH` below the known epoch, `INVALID_TXN_STATE` outside an open transaction,
   *   `OUT_OF_ORDER_SEQUENCE_NUMBER` for a gap, `DUPLICATE_SEQUENCE_NUMBER` for a batch that was appended before those that
   *   are remembered and is replicated (below `highWatermark`, exclusive): where it is is not known any more
   */
  check(header: BatchHeader, origin: AppendOrigin, highWatermark: number): void {
    const entry = this.#entries.get(header.producerId);
    if (entry === undefined || origin === 'replica') return;
    if (header.producerEpoch < entry.epoch)
      throw new LogError(
        'INVALID_PRODUCER_EPOCH',
        `producer ${header.producerId} has epoch ${entry.epoch}, the batch has ${header.producerEpoch}`,
      );
    if (isControlBatch(header.attributes)) return;
    if (entry.transactionFirstOffset >= 0 && !isTransactional(header.attributes))
      throw new LogError(
        'INVALID_TXN_STATE',
        `producer ${header.producerId} has an open transaction and sent a batch outside it`,
      );
    // What coordinators write for a producer (offsets of a transaction) has no sequence.
    if (origin !== 'client') return;
    if (header.producerEpoch !== entry.epoch) {
      if (header.baseSequence === 0 || entry.epoch === NO_EPOCH) return;
      throw outOfOrder(header, 'a new epoch starts with sequence 0');
    }
    const last = entry.batches.at(-1);
    if (last === undefined) return;
    if (follows(last.lastSequence, header.baseSequence)) return;
    if (!wasAppended(entry, header, highWatermark))
      throw outOfOrder(header, `the last known sequence is ${last.lastSequence}`);
    throw new LogError(
      'DUPLICATE_SEQUENCE_NUMBER',
      `producer ${header.producerId} epoch ${header.producerEpoch} sent sequence ${header.baseSequence} before; the last is ${last.lastSequence}`,
    );
  }

  /**
   * Takes an appended batch in. Called in offset order, after `check`.
   * @param controlType COMMIT (1) or ABORT (0) for an end-of-transaction marker
   * @returns the transaction that the marker aborted, if any
   */
  update(
    header: BatchHeader,
    marker?: { isCommit: boolean; coordinatorEpoch: number },
  ): AbortedTransaction | undefined {
    if (header.producerId < 0) return undefined;
    if (marker !== undefined) return this.#endTransaction(header, marker);
    if (isControlBatch(header.attributes)) return undefined;
    const before = this.#entries.get(header.producerId);
    const isSameEpoch = before !== undefined && before.epoch === header.producerEpoch;
    const batches = isSameEpoch ? before.batches.slice(1 - PRODUCER_BATCHES_KEPT) : [];
    const records = header.lastOffsetDelta + 1;
    const isUnbroken = continues(batches.at(-1), header.baseSequence);
    batches.push({
      firstSequence: header.baseSequence,
      lastSequence: lastSequenceOf(header),
      lastOffset: lastOffsetOf(header),
      offsetDelta: header.lastOffsetDelta,
      timestamp: header.maxTimestamp,
    });
    let first = before?.transactionFirstOffset ?? -1;
    if (isTransactional(header.attributes) && first < 0) {
      first = header.baseOffset;
      this.#ongoing.set(header.producerId, first);
    }
    this.#entries.set(header.producerId, {
      producerId: header.producerId,
      epoch: header.producerEpoch,
      batches,
      unbrokenRecords: isUnbroken ? before!.unbrokenRecords + records : records,
      lastTimestamp: header.maxTimestamp,
      coordinatorEpoch: before?.coordinatorEpoch ?? -1,
      transactionFirstOffset: first,
    });
    return undefined;
  }

  #endTransaction(
    header: BatchHeader,
    marker: { isCommit: boolean; coordinatorEpoch: number },
  ): AbortedTransaction | undefined {
    const before = this.#entries.get(header.producerId);
    const firstOffset = this.#ongoing.get(header.producerId);
    this.#ongoing.delete(header.producerId);
    this.#entries.set(header.producerId, {
      producerId: header.producerId,
      epoch: header.producerEpoch,
      batches: before?.epoch === header.producerEpoch ? before.batches : [],
      unbrokenRecords: before?.epoch === header.producerEpoch ? before.unbrokenRecords : 0,
      lastTimestamp: header.maxTimestamp,
      coordinatorEpoch: marker.coordinatorEpoch,
      transactionFirstOffset: -1,
    });
    if (firstOffset === undefined) return undefined;
    const lastOffset = lastOffsetOf(header);
    this.#ended.push({ firstOffset, lastOffset });
    if (marker.isCommit) return undefined;
    return {
      producerId: header.producerId,
      firstOffset,
      lastOffset,
      lastStableOffset: this.firstUndecidedOffset ?? lastOffset + 1,
    };
  }

  /** Producers without an open transaction whose newest record is older than `timestamp` (milliseconds). */
  *quietSince(timestamp: number): Generator<number> {
    for (const { producerId, transactionFirstOffset, lastTimestamp } of this.#entries.values())
      if (transactionFirstOffset < 0 && lastTimestamp < timestamp) yield producerId;
  }

  forget(producerId: number): void {
    this.#entries.delete(producerId);
  }

  /** Starts anew from a snapshot's entries. */
  reset(entries: Iterable<ProducerEntry>, mapEndOffset: number): void {
    this.#entries = new Map();
    this.#ongoing.clear();
    this.#ended = [];
    for (const entry of entries) {
      this.#entries.set(entry.producerId, entry);
      if (entry.transactionFirstOffset >= 0)
        this.#ongoing.set(entry.producerId, entry.transactionFirstOffset);
    }
    this.mapEndOffset = mapEndOffset;
  }

  /** The same state, to go on by itself. */
  copy(mapEndOffset: number): ProducerState {
    const copy = new ProducerState();
    copy.reset(this.entries(), mapEndOffset);
    copy.#ended = [...this.#ended];
    return copy;
  }
}

function follows(lastSequence: number, nextSequence: number): boolean {
  return (
    nextSequence === incrementSequence(lastSequence, 1) ||
    (nextSequence === 0 && lastSequence === INT32_MAX)
  );
}

/** Whether nothing is missing between the batch, if there is one, and a sequence. */
export function continues(before: ProducerBatch | undefined, nextSequence: number): boolean {
  return before !== undefined && follows(before.lastSequence, nextSequence);
}

/** From one sequence on to another; after 2^31−1 comes 0. */
function distance(from: number, to: number): number {
  return to >= from ? to - from : to - from + INT32_MAX + 1;
}

/**
 * Whether the batch came before those that are remembered: nothing is missing up to them, so it was appended. A producer
 * with several leaders, one of them cut off, may have more than five batches accepted behind one whose answer is lost; with
 * "out of order" it would repeat that one until its delivery timeout, and everything behind it would wait.
 */
function wasAppended(entry: ProducerEntry, header: BatchHeader, highWatermark: number): boolean {
  const oldest = entry.batches[0]!;
  const behind = distance(lastSequenceOf(header), oldest.firstSequence);
  if (behind === 0 || behind > SEQUENCES_BEHIND_MAX) return false;
  const known = distance(header.baseSequence, entry.batches.at(-1)!.lastSequence) + 1;
  return known <= entry.unbrokenRecords && oldest.lastOffset - oldest.offsetDelta <= highWatermark;
}

function outOfOrder(header: BatchHeader, why: string): LogError {
  return new LogError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${header.producerId} epoch ${header.producerEpoch} sent sequence ${header.baseSequence}: ${why}`,
  );
}
