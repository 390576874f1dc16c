// A record batch in the making, with the operations that wait for it.

import { type Compression, RecordBatchBuilder } from '@ottla/protocol/records';
import type { RecordBytes } from './coordinator-shard.ts';
import type { PendingOperation } from './pending-operation.ts';

/** Upper bound of what a record takes besides its key and value, in bytes. */
const RECORD_OVERHEAD_BYTES = 36;

/** Operations that wait until the high watermark reaches an offset. */
export interface Waiting {
  /** Exclusive. */
  readonly endOffset: number;
  readonly operations: PendingOperation[];
}

/** Records on their way into the log at known offsets. */
export class WriteBatch implements Waiting {
  /** Offset of the first record: where the state goes back to when the append fails. */
  readonly baseOffset: number;
  readonly operations: PendingOperation[] = [];
  readonly #builder: RecordBatchBuilder;
  readonly #sizeBytesMax: number;

  constructor(baseOffset: number, sizeBytesMax: number, compression: Compression) {
    this.baseOffset = baseOffset;
    this.#sizeBytesMax = sizeBytesMax;
    // Kafka's coordinators write base sequence 0 although there is no producer id.
    this.#builder = new RecordBatchBuilder({ compression, baseSequence: 0 });
  }

  get endOffset(): number {
    return this.baseOffset + this.#builder.recordCount;
  }

  get isEmpty(): boolean {
    return this.#builder.recordCount === 0;
  }

  /** Whether these records would fit too, uncompressed. */
  hasRoomFor(records: readonly RecordBytes[]): boolean {
    let sizeBytes = this.#builder.estimatedBytes;
    for (const { key, value } of records) {
      sizeBytes += RECORD_OVERHEAD_BYTES + key.length + (value?.length ?? 0);
    }
    return sizeBytes <= this.#sizeBytesMax;
  }

  append(timestampMs: number, record: RecordBytes): void {
    this.#builder.append(timestampMs, record.key, record.value);
  }

  /** The batch as the log takes it, or undefined when it is larger than the log allows. */
  build(): Buffer | undefined {
    const bytes = this.#builder.build();
    return bytes.length <= this.#sizeBytesMax ? bytes : undefined;
  }
}
