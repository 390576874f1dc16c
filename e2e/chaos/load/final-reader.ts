// After all faults are healed: reads every partition from its start to its end, and what the groups have committed.
import { Consumer } from '@ottla/client';
import type { OffsetOf, ReadRecord } from '../../../tools/history/operation.ts';
import { HistoryFile } from './history-file.ts';

const PROCESS = 'final-reader';
const POLL_MS = 1_000;

export interface FinalReadOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly groups: readonly string[];
  readonly history: string;
  /** Until it gives up, milliseconds. */
  readonly limitMs: number;
}

/** @throws when it does not come to the end in time */
export async function readToTheEnd(options: FinalReadOptions): Promise<void> {
  const history = new HistoryFile(options.history);
  try {
    await readRecords(options, history);
    for (const group of options.groups) await readCommitted(options, group, history);
  } finally {
    await history.close();
  }
}

function partitionsOf({
  topic,
  partitions,
}: FinalReadOptions): { topic: string; partition: number }[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

async function readRecords(options: FinalReadOptions, history: HistoryFile): Promise<void> {
  const targets = partitionsOf(options);
  await using consumer = new Consumer({
    bootstrapServers: options.bootstrap,
    autoOffsetReset: 'earliest',
  });
  const signal = AbortSignal.timeout(options.limitMs);
  const ends = await consumer.endOffsets(targets);
  await consumer.assign(targets);
  while (ends.some((end) => consumer.position(end) < end.offset)) {
    const batches = await consumer.poll({ timeoutMs: POLL_MS, signal });
    const records = batches.flatMap(({ topic, partition, records: read }) =>
      read.map(({ offset, value }): ReadRecord => [topic, partition, offset, String(value)]),
    );
    if (records.length > 0) history.note({ process: PROCESS, op: 'poll', type: 'ok', records });
  }
}

async function readCommitted(
  options: FinalReadOptions,
  group: string,
  history: HistoryFile,
): Promise<void> {
  await using consumer = new Consumer({
    bootstrapServers: options.bootstrap,
    groupId: group,
    autoCommit: false,
  });
  history.note({ process: PROCESS, op: 'committed', type: 'invoke', group });
  const found = await consumer.committed(partitionsOf(options));
  history.note({
    process: PROCESS,
    op: 'committed',
    type: 'ok',
    group,
    offsets: found.map(({ topic, partition, offset }): OffsetOf => [
      topic,
      partition,
      offset ?? -1,
    ]),
  });
}
