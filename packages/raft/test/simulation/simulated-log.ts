// A replica's disk in the simulation: its log, of which a crash keeps what was synced and perhaps a little more, its newest
// snapshot, and its election state.
import type { LogView } from '../../src/quorum-options.ts';
import { type ElectionState, type LogPosition, NO_ELECTION } from '../../src/replica.ts';
import { type QuorumRecord, VoterHistory } from '../../src/voter-history.ts';

export interface Entry {
  readonly epoch: number;
  /** Unique; negative for the leader change record of an epoch. */
  readonly value: number;
  /** Of a record that says who votes. */
  readonly quorum?: QuorumRecord;
}

/** A snapshot, and what it says of the quorum. */
export interface SnapshotId extends LogPosition {
  readonly quorum?: QuorumRecord;
}

export class SimulatedDisk implements LogView {
  election: ElectionState = NO_ELECTION;
  snapshot: SnapshotId | undefined;
  readonly voterHistory: VoterHistory = new VoterHistory();
  startOffset = 0;
  /** What survives a crash (exclusive). */
  syncedEnd = 0;
  /** Changes with each truncation, so that a sync that was under way does not cover what came after. */
  generation = 0;
  /** What formatting wrote; a log that is lost is formatted anew. */
  readonly formatted: QuorumRecord;
  #entries: Entry[] = [];
  /** Offsets of the entries that say who votes: found again without the history, which is tested by it. */
  #quorumOffsets: number[] = [];

  constructor(formatted: QuorumRecord = {}) {
    this.formatted = formatted;
    this.voterHistory.restart(0, formatted);
  }

  get endOffset(): number {
    return this.startOffset + this.#entries.length;
  }

  get lastEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? this.snapshot?.epoch ?? 0;
  }

  at(offset: number): Entry | undefined {
    return this.#entries[offset - this.startOffset];
  }

  slice(offset: number, limit: number): Entry[] {
    const from = offset - this.startOffset;
    return this.#entries.slice(from, from + limit);
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.quorum !== undefined) {
        this.voterHistory.add(this.endOffset, entry.quorum);
        this.#quorumOffsets.push(this.endOffset);
      }
      this.#entries.push(entry);
    }
  }

  /** The entries of the log that say who votes. */
  get quorumOffsets(): readonly number[] {
    return this.#quorumOffsets;
  }

  truncateTo(offset: number): void {
    if (offset >= this.endOffset) return;
    this.#entries.length = Math.max(0, offset - this.startOffset);
    this.syncedEnd = this.endOffset;
    this.voterHistory.truncateTo(this.endOffset);
    this.#quorumOffsets = this.#quorumOffsets.filter((at) => at < this.endOffset);
    this.generation += 1;
  }

  endOffsetForEpoch(epoch: number): LogPosition | undefined {
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const found = this.#entries[index]!.epoch;
      if (found <= epoch) return { offset: this.startOffset + index + 1, epoch: found };
    }
    const { snapshot } = this;
    return snapshot !== undefined && snapshot.epoch <= epoch && snapshot.offset === this.startOffset
      ? snapshot
      : undefined;
  }

  /** Lets go of everything below `offset`, for a snapshot stands for it. */
  takeSnapshot(offset: number): void {
    const { epoch } = this.at(offset - 1)!;
    this.#entries = this.#entries.slice(offset - this.startOffset);
    this.startOffset = offset;
    this.#quorumOffsets = this.#quorumOffsets.filter((at) => at >= offset);
    this.snapshot = { offset, epoch, quorum: this.voterHistory.before(offset) };
    this.voterHistory.forgetBefore(offset);
    this.syncedEnd = Math.max(this.syncedEnd, offset);
  }

  startAt(snapshot: SnapshotId): void {
    this.#entries = [];
    this.#quorumOffsets = [];
    this.snapshot = snapshot;
    this.startOffset = snapshot.offset;
    this.syncedEnd = snapshot.offset;
    this.voterHistory.restart(snapshot.offset, snapshot.quorum ?? {});
    this.generation += 1;
  }

  crash(below: (boundExclusive: number) => number): void {
    const unsynced = this.endOffset - this.syncedEnd;
    if (unsynced > 0) this.truncateTo(this.syncedEnd + below(unsynced + 1));
    this.syncedEnd = this.endOffset;
  }

  /** The log is lost, the election state is not. */
  loseLog(): void {
    this.#entries = [];
    this.#quorumOffsets = [];
    this.snapshot = undefined;
    this.startOffset = 0;
    this.syncedEnd = 0;
    this.voterHistory.restart(0, this.formatted);
    this.generation += 1;
  }
}
