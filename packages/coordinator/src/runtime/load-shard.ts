// Brings a shard to the state that its log describes: reads bounded slices and replays their records, giving the event loop
// back every few milliseconds. Kafka: CoordinatorLoaderImpl.

import type { Clock, Timers } from '@ottla/platform';
import {
  ControlRecordType,
  controlRecordType,
  decodeBatches,
  type RecordBatch,
} from '@ottla/protocol/records';
import { CoordinatorError } from './coordinator-error.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type { CoordinatorShard, RecordCodec } from './coordinator-shard.ts';
import type { SnapshotRegistry } from './snapshot-registry.ts';

/** How long a load holds the event loop at a time, in ms. */
const TURN_MS_MAX = 4;

/** What a load needs. */
export interface LoadOptions<R> {
  readonly log: CoordinatorLog;
  readonly shard: CoordinatorShard<R>;
  readonly codec: RecordCodec<R>;
  readonly snapshots: SnapshotRegistry;
  readonly platform: { readonly clock: Clock; readonly timers: Timers };
  /** Bytes read at a time. */
  readonly bufferBytes: number;
  /** Ends the load when it says true; asked after every wait. */
  isCancelled(): boolean;
}

/** What a load did. */
export interface LoadSummary {
  readonly recordCount: number;
  readonly sizeBytes: number;
  /** Offset (exclusive) up to which the log was replayed. */
  readonly endOffset: number;
}

/**
 * Replays the log from its start to its end. From the high watermark on, a snapshot is kept at each batch, so that
 * committed reads see the committed part only.
 *
 * @returns undefined when it was cancelled
 * @throws CoordinatorError `COORDINATOR_NOT_AVAILABLE` when the log ends before its end offset; ProtocolError for corrupt records
 */
export async function loadShard<R>(options: LoadOptions<R>): Promise<LoadSummary | undefined> {
  const { log, snapshots, platform } = options;
  const endOffset = log.logEndOffset;
  let nextOffset = log.logStartOffset;
  let recordCount = 0;
  let sizeBytes = 0;
  while (nextOffset < endOffset) {
    const slice = await log.read(nextOffset, options.bufferBytes);
    if (options.isCancelled()) return undefined;
    const sliceOffset = nextOffset;
    let turnStartMs = platform.clock.monotonicMs();
    for (const batch of decodeBatches(slice)) {
      if (batch.nextOffset <= nextOffset) continue;
      if (batch.baseOffset >= log.highWatermark) snapshots.snapshot(batch.baseOffset);
      recordCount += replayBatch(batch, options);
      sizeBytes += batch.sizeInBytes;
      nextOffset = batch.nextOffset;
      if (platform.clock.monotonicMs() - turnStartMs < TURN_MS_MAX) continue;
      await new Promise<void>((resolve) => platform.timers.yield(resolve));
      if (options.isCancelled()) return undefined;
      turnStartMs = platform.clock.monotonicMs();
    }
    if (nextOffset === sliceOffset) {
      const message = `the log has nothing at ${nextOffset}, before its end at ${endOffset}`;
      throw new CoordinatorError('COORDINATOR_NOT_AVAILABLE', message);
    }
  }
  snapshots.snapshot(endOffset);
  snapshots.commit(log.highWatermark);
  return { recordCount, sizeBytes, endOffset };
}

function replayBatch<R>(batch: RecordBatch, { shard, codec }: LoadOptions<R>): number {
  const { producerId, producerEpoch } = batch;
  let recordCount = 0;
  for (const { offset, key, value } of batch.records()) {
    recordCount += 1;
    if (batch.isControlBatch) {
      const type = controlRecordType(key);
      if (type !== ControlRecordType.COMMIT && type !== ControlRecordType.ABORT) continue;
      const isCommit = type === ControlRecordType.COMMIT;
      shard.replayTransactionEnd?.({ producerId, producerEpoch }, isCommit);
      continue;
    }
    const record = codec.decode(key, value);
    if (record === undefined) continue;
    if (batch.isTransactional) shard.replay(offset, record, { producerId, producerEpoch });
    else shard.replay(offset, record);
  }
  return recordCount;
}
