// How long elections and commits take, as a node sees them. Kafka: KafkaRaftMetrics' election-latency, commit-latency.
import type { Role } from '../roles.ts';

/** Told of what was measured. Milliseconds. */
export interface QuorumMeasures {
  /** From when this node began to ask for votes until it knew a leader, itself or another. */
  elected(ms: number): void;
  /** From an append of this node as the leader until it was committed. */
  committed(ms: number): void;
}

/** Looks at what a node does, by its own time. */
export class QuorumStopwatch {
  readonly #measures: QuorumMeasures;
  #askedMs: number | undefined;
  /** Appends that are not committed, the oldest first. */
  #appends: { readonly lastOffset: number; readonly atMs: number }[] = [];

  constructor(measures: QuorumMeasures) {
    this.#measures = measures;
  }

  /** The node is in this role now. */
  inRole({ role }: Pick<Role, 'role'>, nowMs: number): void {
    if (role !== 'leader') this.#appends = [];
    if (role === 'prospective' || role === 'candidate') this.#askedMs ??= nowMs;
    else if (role !== 'unattached' && this.#askedMs !== undefined) {
      if (role !== 'resigned') this.#measures.elected(nowMs - this.#askedMs);
      this.#askedMs = undefined;
    }
  }

  /** The node appended, as the leader, up to this offset (inclusive). */
  appended(lastOffset: number, nowMs: number): void {
    this.#appends.push({ lastOffset, atMs: nowMs });
  }

  /** Everything below `highWatermark` is committed. */
  committed(highWatermark: number, nowMs: number): void {
    const open = this.#appends.findIndex(({ lastOffset }) => lastOffset >= highWatermark);
    const done = this.#appends.splice(0, open === -1 ? this.#appends.length : open);
    for (const { atMs } of done) this.#measures.committed(nowMs - atMs);
  }
}
