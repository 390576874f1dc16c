// What the controller needs of the raft node, and nothing more; `@ottla/raft` fits it through a few
// lines in the broker.
import type { MetadataBatch, MetadataSnapshot } from '../image/metadata-loader.ts';

/** Who leads the quorum, as far as this node knows. */
export interface QuorumLeader {
  /** Node id, or −1 when nobody is known to lead. */
  readonly leaderId: number;
  readonly epoch: number;
  /** Whether this node leads. True only when it may append, that is after its own leader change record. */
  readonly isLocal: boolean;
}

/** What the quorum tells, in this order: everything up to a leader change, then the change, then what follows. */
export interface QuorumListener {
  /** Batches that a majority has, each once and in order, also those that this node appended itself. */
  handleCommit(batches: readonly MetadataBatch[]): void;
  /** Replaces everything told before. */
  handleSnapshot(snapshot: MetadataSnapshot): void;
  handleLeaderChange(leader: QuorumLeader): void;
}

/** A node of the metadata quorum. */
export interface MetadataQuorum {
  /** Tells `listener` everything from the start of the log or the latest snapshot; call once. */
  register(listener: QuorumListener): void;
  /** Offset that the next appended record gets: the end of the log (exclusive), everything uncommitted included. */
  readonly logEndOffset: number;
  /**
   * Appends one batch, whole or not at all. Returns at once; it is committed when the listener hears so.
   * May be called from inside a listener's method, as an activation does.
   *
   * @param values frames as `encodeMetadataRecord` makes them, at least one
   * @param epoch the leader epoch in which the caller believes to lead
   * @returns offset of the last record
   * @throws when this node does not lead that epoch, or the batch is too big; nothing is appended then
   */
  append(values: readonly Uint8Array[], epoch: number): number;
  /** Gives up leadership of `epoch`, because its leader cannot go on. */
  resign(epoch: number): void;
  /**
   * Writes a snapshot of everything up to `lastContainedOffset`.
   *
   * @returns resolves when it is on disk; false when one at that offset or later exists already
   */
  writeSnapshot(snapshot: QuorumSnapshot): Promise<boolean>;
}

/** A snapshot to be written. */
export interface QuorumSnapshot {
  /** Inclusive. */
  readonly lastContainedOffset: number;
  readonly lastContainedEpoch: number;
  /** ms since 1970. */
  readonly lastContainedLogTimeMs: number;
  /** Frames; taken a few at a time. */
  readonly values: Iterable<Uint8Array>;
}
