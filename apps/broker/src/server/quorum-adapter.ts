// Fits the raft node to what the controller wants of a quorum, and lets several listen: the controller first, then the
// broker, each batch decoded once.

import { decodeMetadataRecord } from '@ottla/metadata';
import type {
  MetadataBatch,
  MetadataQuorum,
  MetadataSnapshot,
  QuorumLeader,
  QuorumListener,
  QuorumSnapshot,
} from '@ottla/metadata';
import type { CommittedBatch, LoadedSnapshot, QuorumNode } from '@ottla/raft';

/** One raft node, many listeners. Register them all, then `start`. */
export class QuorumAdapter implements MetadataQuorum {
  readonly #node: QuorumNode;
  readonly #listeners: QuorumListener[] = [];

  constructor(node: QuorumNode) {
    this.#node = node;
  }

  get logEndOffset(): number {
    return this.#node.logEndOffset;
  }

  register(listener: QuorumListener): void {
    this.#listeners.push(listener);
  }

  /** Begins to tell, and to take part in the quorum. */
  start(): void {
    this.#node.register({
      handleCommit: (batches) => {
        const decoded = batches.map(decodeBatch);
        for (const listener of this.#listeners) listener.handleCommit(decoded);
      },
      handleSnapshot: (snapshot) => {
        const decoded = decodeSnapshot(snapshot);
        for (const listener of this.#listeners) listener.handleSnapshot(decoded);
      },
      handleLeaderChange: (leader: QuorumLeader) => {
        for (const listener of this.#listeners) listener.handleLeaderChange(leader);
      },
    });
    this.#node.start();
  }

  append(values: readonly Uint8Array[], epoch: number): number {
    return this.#node.append(values, epoch);
  }

  resign(epoch: number): void {
    this.#node.resign(epoch);
  }

  writeSnapshot(snapshot: QuorumSnapshot): Promise<boolean> {
    return this.#node.writeSnapshot(snapshot);
  }
}

function decodeBatch(batch: CommittedBatch): MetadataBatch {
  const { baseOffset, epoch, appendTimestampMs, sizeBytes, values } = batch;
  const records = values.map((value) => decodeMetadataRecord(value));
  return { baseOffset, epoch, appendTimestampMs, sizeBytes, records };
}

function decodeSnapshot({
  id,
  lastContainedLogTimestampMs,
  values,
}: LoadedSnapshot): MetadataSnapshot {
  return {
    provenance: {
      lastContainedOffset: id.offset - 1,
      lastContainedEpoch: id.epoch,
      lastContainedLogTimeMs: lastContainedLogTimestampMs,
    },
    records: values.map((value) => decodeMetadataRecord(value)),
  };
}
