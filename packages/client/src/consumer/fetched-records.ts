// The records of one fetched answer for one partition, decoded as they are asked for: a batch is checked and decompressed
// when it is reached, a record becomes an object when it is handed out. Batches of aborted transactions and markers are left out.
import { decodeBatches, type RecordBatch } from '@ottla/protocol/records';
import { KafkaError } from '../errors.ts';

/** A record as the user gets it. */
export interface ConsumerRecord<K = Buffer | null, V = Buffer | null> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: K;
  readonly value: V;
  /** In order; a name may come twice. */
  readonly headers: readonly RecordHeaderView[];
  readonly leaderEpoch: number;
}

/** A header of a record. */
export interface RecordHeaderView {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Where a producer's aborted transaction begins. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export class FetchedRecords {
  readonly sizeInBytes: number;
  /** Behind the last batch, shown or not. */
  readonly nextOffset: number;
  /** Of the last batch; undefined when there is none. */
  readonly leaderEpoch: number | undefined;
  readonly #topic: string;
  readonly #partition: number;
  readonly #startOffset: number;
  readonly #batches: readonly RecordBatch[];
  #index = 0;
  #records: ReturnType<RecordBatch['records']> | undefined;
  #failure: unknown;

  /**
   * @param startOffset records before it are passed over: a batch may begin earlier than what was asked for
   * @throws ProtocolError for bytes that are no batches
   */
  constructor(
    topic: string,
    partition: number,
    bytes: Buffer,
    startOffset: number,
    aborted: readonly AbortedTransaction[] | null,
  ) {
    this.#topic = topic;
    this.#partition = partition;
    this.#startOffset = startOffset;
    this.sizeInBytes = bytes.length;
    const batches = [...decodeBatches(bytes, { verifyCrc: false })];
    this.nextOffset = Math.max(startOffset, batches.at(-1)?.nextOffset ?? startOffset);
    this.leaderEpoch = batches.at(-1)?.partitionLeaderEpoch;
    this.#batches = withoutAborted(batches, aborted ?? []);
  }

  /** Undefined at the end. @throws KafkaError `CORRUPT_MESSAGE`, each time, when the batch reached is damaged */
  next(): ConsumerRecord | undefined {
    if (this.#failure !== undefined) throw this.#failure as Error;
    try {
      return this.#next();
    } catch (error) {
      // What lies behind is not handed out as if nothing were missing: the user seeks past it, or stops.
      this.#failure = new KafkaError(
        'CORRUPT_MESSAGE',
        `${this.#topic}-${this.#partition} has a batch that cannot be read at offset ${this.#batches[this.#index]?.baseOffset}: ${(error as Error).message}`,
        false,
        { topic: this.#topic, partition: this.#partition, cause: error },
      );
      throw this.#failure;
    }
  }

  #next(): ConsumerRecord | undefined {
    for (;;) {
      const batch = this.#batches[this.#index];
      if (batch === undefined) return undefined;
      this.#records ??= open(batch);
      for (;;) {
        const { value: record, done } = this.#records.next();
        if (done === true) break;
        if (record.offset < this.#startOffset) continue;
        return {
          topic: this.#topic,
          partition: this.#partition,
          offset: record.offset,
          timestamp: record.timestamp,
          key: record.key,
          value: record.value,
          headers: record.headers as readonly RecordHeaderView[],
          leaderEpoch: batch.partitionLeaderEpoch,
        };
      }
      this.#records = undefined;
      this.#index += 1;
    }
  }
}

function open(batch: RecordBatch): ReturnType<RecordBatch['records']> {
  if (!batch.isValid()) throw new Error('its checksum is wrong');
  return batch.records();
}

/** @param aborted with `read_committed`; empty otherwise */
function withoutAborted(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): RecordBatch[] {
  const pending = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  let next = 0;
  return batches.filter((batch) => {
    for (; next < pending.length && pending[next]!.firstOffset <= batch.lastOffset; next += 1)
      open.add(pending[next]!.producerId);
    if (batch.isControlBatch) {
      // A marker ends the producer's transaction, whichever way.
      open.delete(batch.producerId);
      return false;
    }
    return !(batch.isTransactional && open.has(batch.producerId));
  });
}
