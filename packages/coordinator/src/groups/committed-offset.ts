// A committed offset in the coordinator's memory. Kafka: OffsetAndMetadata.

import { ZERO_UUID } from '@ottla/protocol';
import {
  type OffsetCommitValue,
  offsetCommitValue,
} from '@ottla/protocol/messages/offset-commit-value';

/** What a group has committed for one partition. */
export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  /** `ZERO_UUID` when it was committed without. */
  readonly topicId: string;
  /** The next offset to read (inclusive). */
  readonly offset: number;
  /** −1 when unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Ms since 1970. */
  readonly commitTimestampMs: number;
  /** When it expires whatever the retention says; undefined unless the commit asked for it (OffsetCommit 2–4). */
  readonly expireTimestampMs: number | undefined;
  /** Where its record is in the log. */
  readonly recordOffset: number;
}

/** The offset that a record holds. */
export function committedOffsetOf(
  recordOffset: number,
  topic: string,
  partition: number,
  value: Omit<OffsetCommitValue, 'expireTimestamp' | 'leaderEpoch' | 'topicId'> &
    Partial<OffsetCommitValue>,
): CommittedOffset {
  const { expireTimestamp = -1 } = value;
  return {
    topic,
    partition,
    topicId: value.topicId ?? ZERO_UUID,
    offset: value.offset,
    leaderEpoch: value.leaderEpoch ?? -1,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: expireTimestamp === -1 ? undefined : expireTimestamp,
    recordOffset,
  };
}

/** The value of an offset's record. */
export function offsetValueOf(committed: CommittedOffset): OffsetCommitValue {
  return offsetCommitValue.create({
    offset: committed.offset,
    leaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    commitTimestamp: committed.commitTimestampMs,
    expireTimestamp: committed.expireTimestampMs ?? -1,
    topicId: committed.topicId,
  });
}
