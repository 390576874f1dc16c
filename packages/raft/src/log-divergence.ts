// Where a replica's log parts from the leader's, from the offset and epoch of its fetch. Kafka: KafkaRaftLog.validateOffsetAndEpoch.
import type { FetchDecision, FetchMessage } from './messages.ts';
import type { LogView } from './quorum-options.ts';

/** What the replica has to do before it can be given records; undefined when its log is a prefix of the leader's. */
export function divergence(message: FetchMessage, log: LogView): FetchDecision | undefined {
  const { fetchOffset, lastFetchedEpoch } = message;
  if (fetchOffset < log.startOffset) return { kind: 'snapshot' };
  if (fetchOffset === 0 || (fetchOffset === log.startOffset && lastFetchedEpoch <= 0))
    return undefined;
  const end = log.endOffsetForEpoch(lastFetchedEpoch);
  if (end === undefined)
    return log.startOffset > 0
      ? { kind: 'snapshot' }
      : { kind: 'diverging', diverging: { epoch: 0, offset: 0 } };
  if (end.epoch === lastFetchedEpoch && end.offset >= fetchOffset) return undefined;
  return { kind: 'diverging', diverging: end };
}
