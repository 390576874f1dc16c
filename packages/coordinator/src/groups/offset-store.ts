// All committed offsets of a shard, and those of transactions that have not ended. It changes only by replaying records.
// Kafka: OffsetMetadataManager (Offsets, OpenTransactions).

import { SnapshotMap } from '../runtime/snapshot-map.ts';
import type { SnapshotRegistry } from '../runtime/snapshot-registry.ts';
import type { CommittedOffset } from './committed-offset.ts';

/** A group's offsets by `partitionKey`. */
type GroupOffsets = SnapshotMap<string, CommittedOffset>;

/** An offset in an open transaction. */
interface PendingOffset {
  readonly groupId: string;
  readonly committed: CommittedOffset;
}

/** Neither part can be mistaken: topic names have no colon. */
function partitionKey(topic: string, partition: number): string {
  return `${topic}:${partition}`;
}

/** Committed offsets by group, topic and partition. */
export class OffsetStore {
  readonly #registry: SnapshotRegistry;
  readonly #byGroup: SnapshotMap<string, GroupOffsets>;
  readonly #pendingByProducer: SnapshotMap<number, SnapshotMap<string, PendingOffset>>;

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry;
    this.#byGroup = new SnapshotMap(registry);
    this.#pendingByProducer = new SnapshotMap(registry);
  }

  /** The groups that have offsets. */
  groupIds(): string[] {
    return [...this.#byGroup.entries()].map(([groupId]) => groupId);
  }

  /** The latest offset; undefined when there is none. */
  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#byGroup.get(groupId)?.get(partitionKey(topic, partition));
  }

  /** The offset as of the high watermark. */
  getCommitted(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#byGroup.getCommitted(groupId)?.getCommitted(partitionKey(topic, partition));
  }

  /** The latest offsets of a group. */
  all(groupId: string): CommittedOffset[] {
    const offsets = this.#byGroup.get(groupId);
    return offsets === undefined ? [] : [...offsets.entries()].map(([, committed]) => committed);
  }

  /** The offsets of a group as of the high watermark. */
  allCommitted(groupId: string): CommittedOffset[] {
    const offsets = this.#byGroup.getCommitted(groupId);
    if (offsets === undefined) return [];
    return [...offsets.committedEntries()].map(([, committed]) => committed);
  }

  /** Whether an open transaction holds an offset for the partition. */
  isPending(groupId: string, topic: string, partition: number): boolean {
    return this.pending(groupId).some(
      (pending) => pending.topic === topic && pending.partition === partition,
    );
  }

  /** The offsets that open transactions hold for a group. */
  pending(groupId: string): CommittedOffset[] {
    const found: CommittedOffset[] = [];
    if (this.#pendingByProducer.size === 0) return found;
    for (const [, offsets] of this.#pendingByProducer.entries())
      for (const [, pending] of offsets.entries())
        if (pending.groupId === groupId) found.push(pending.committed);
    return found;
  }

  /** Every group with an offset, open transactions included, and the offset. */
  *everything(): Generator<readonly [string, CommittedOffset], void, undefined> {
    for (const [groupId, offsets] of this.#byGroup.entries())
      for (const [, committed] of offsets.entries()) yield [groupId, committed];
    for (const [, offsets] of this.#pendingByProducer.entries())
      for (const [, { groupId, committed }] of offsets.entries()) yield [groupId, committed];
  }

  /** Sets an offset. */
  put(groupId: string, committed: CommittedOffset): void {
    let offsets = this.#byGroup.get(groupId);
    if (offsets === undefined)
      this.#byGroup.set(groupId, (offsets = new SnapshotMap(this.#registry)));
    offsets.set(partitionKey(committed.topic, committed.partition), committed);
  }

  /** Sets an offset that counts when the producer's transaction commits. */
  putPending(producerId: number, groupId: string, committed: CommittedOffset): void {
    let offsets = this.#pendingByProducer.get(producerId);
    if (offsets === undefined)
      this.#pendingByProducer.set(producerId, (offsets = new SnapshotMap(this.#registry)));
    const key = `${partitionKey(committed.topic, committed.partition)} ${groupId}`;
    offsets.set(key, { groupId, committed });
  }

  /** Removes an offset, in open transactions too. */
  remove(groupId: string, topic: string, partition: number): void {
    const key = partitionKey(topic, partition);
    const offsets = this.#byGroup.get(groupId);
    offsets?.delete(key);
    if (offsets?.size === 0) this.#byGroup.delete(groupId);
    for (const [, pending] of this.#pendingByProducer.entries())
      pending.delete(`${key} ${groupId}`);
  }

  /** Ends the producer's transaction. Of two commits for a partition the one later in the log counts, whatever compaction left. */
  endTransaction(producerId: number, isCommit: boolean): void {
    const pending = this.#pendingByProducer.get(producerId);
    if (pending === undefined) return;
    this.#pendingByProducer.delete(producerId);
    if (!isCommit) return;
    for (const [, { groupId, committed }] of pending.entries()) {
      const existing = this.get(groupId, committed.topic, committed.partition);
      if (existing === undefined || existing.recordOffset < committed.recordOffset)
        this.put(groupId, committed);
    }
  }
}
