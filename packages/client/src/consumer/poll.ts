// One poll: what is at hand of any partition, up to a number of records; waits for the first.
import type { Platform } from '@ottla/platform';
import { UsageError } from '../errors.ts';
import type { ConsumedBatch, PollOptions } from './consumer-options.ts';
import type { RecordSource } from './record-source.ts';

const MAX_RECORDS = 500;

/** @param take the next batch of at most so many records, if there is one */
export async function pollOnce(
  source: RecordSource,
  platform: Platform,
  { maxRecords = MAX_RECORDS, timeoutMs = 0, signal }: PollOptions,
  take: (max: number) => ConsumedBatch | undefined,
): Promise<ConsumedBatch[]> {
  if (!(maxRecords > 0)) throw new UsageError(`maxRecords must be above 0, not ${maxRecords}`);
  if (source.isClosed) throw new UsageError('the consumer was closed', 'CLOSED');
  const deadlineMs = platform.clock.monotonicMs() + timeoutMs;
  source.ask();
  try {
    const batches = await source.waitFor(() => takeSome(maxRecords, take), signal, deadlineMs);
    return batches ?? [];
  } finally {
    // Between two polls the user works, also with nothing: a rebalance happens inside polls only.
    source.turn.give();
  }
}

function takeSome(
  maxRecords: number,
  take: (max: number) => ConsumedBatch | undefined,
): ConsumedBatch[] | undefined {
  const batches: ConsumedBatch[] = [];
  for (let left = maxRecords; left > 0;) {
    const batch = take(left);
    if (batch === undefined) break;
    batches.push(batch);
    left -= batch.records.length;
  }
  return batches.length === 0 ? undefined : batches;
}
