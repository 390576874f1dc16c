// What one look at all partitions collects: batches by the broker that leads them, and when to look again.
import type { ProducerBatch } from './producer-batch.ts';

/** Who leads a partition, as far as known. */
export interface Leader {
  /** −1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** One Produce request: at most one batch of each partition. */
export interface BatchRequest {
  readonly nodeId: number;
  readonly batches: readonly ProducerBatch[];
}

/** What is to be done now. */
export interface Drained {
  readonly requests: readonly BatchRequest[];
  /** Ask the cluster for a producer id, and tell `producerIdArrived` or `producerIdFailed`. */
  readonly needsProducerId: boolean;
  /** Topics with a partition whose leader is not known. */
  readonly leaderless: ReadonlySet<string>;
  /** Monotonic milliseconds: look again then, if nothing happens before. Infinity: no need. */
  readonly wakeAtMs: number;
}

/** A batch whose turn it is. */
export interface Candidate {
  readonly batch: ProducerBatch;
  readonly leaderEpoch: number;
}

export class Drain {
  readonly nowMs: number;
  readonly byNode: Map<number, Candidate[]> = new Map();
  readonly leaderless: Set<string> = new Set();
  wakeAtMs: number = Infinity;
  wantsProducerId = false;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  add({ leaderId, leaderEpoch }: Leader, batch: ProducerBatch): void {
    const candidates = this.byNode.get(leaderId);
    if (candidates === undefined) this.byNode.set(leaderId, [{ batch, leaderEpoch }]);
    else candidates.push({ batch, leaderEpoch });
  }

  wakeBy(atMs: number): void {
    if (atMs < this.wakeAtMs) this.wakeAtMs = atMs;
  }
}
