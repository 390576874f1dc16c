// What a history can have wrong. After Jepsen's checker of Redpanda (jepsen.redpanda, its README), in our words.

export const ANOMALY_KINDS = [
  /** Acknowledged, never read, though somebody has read beyond it. */
  'lost-write',
  /** Acknowledged, and by the end nobody has read so far. */
  'unseen',
  /** One value at two offsets. */
  'duplicate',
  /** Two values at one offset. */
  'inconsistent-offset',
  /** Two records of one producer stand in another order than they were sent in. */
  'reorder',
  /** A record stands before one that was acknowledged before it was sent. */
  'stale-append',
  /** Read, though nobody has sent it. */
  'phantom',
  /** Read, though its sender was told that it was not written. */
  'failed-write-seen',
  /** A reader was handed an offset that does not come after the one before. */
  'nonmonotonic-poll',
  /** A reader was not handed a record that stands between two that it was handed. */
  'skipped-offset',
  /** Two members own a partition in one generation. */
  'two-owners',
  /** A group has committed an offset beyond a record that none of its members was handed. */
  'unread-committed',
  /** A group's offset is before one whose commit was acknowledged. */
  'committed-went-back',
] as const;

export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

export interface Anomaly {
  readonly kind: AnomalyKind;
  /** One line: what, where, and by whom. */
  readonly message: string;
}

/** Takes an anomaly. */
export type Report = (kind: AnomalyKind, message: string) => void;

export interface Verdict {
  readonly isClean: boolean;
  /** Of each kind that occurred. */
  readonly counts: Readonly<Partial<Record<AnomalyKind, number>>>;
  /** The first few of each kind. */
  readonly anomalies: readonly Anomaly[];
  readonly sent: number;
  readonly acknowledged: number;
  /** Refused for sure. */
  readonly failed: number;
  /** Without an answer, or with one that leaves open whether it was written. */
  readonly unknown: number;
  /** Handed to readers, the same record to each of them. */
  readonly read: number;
  readonly commits: number;
}
