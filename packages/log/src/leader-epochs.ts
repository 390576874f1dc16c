// Which leader epoch wrote which offsets: `(epoch, start offset)` pairs, both rising; the `leader-epoch-checkpoint` file.
// Followers find with it where their log and the leader's part (KIP-101, KIP-279). Pure. Kafka: LeaderEpochFileCache.

/** An epoch and the first offset that it wrote. */
export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

/** The epochs of one log. */
export class LeaderEpochs {
  #entries: EpochEntry[];
  #isDirty = false;

  constructor(entries: readonly EpochEntry[] = []) {
    this.#entries = [...entries];
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  get latest(): EpochEntry | undefined {
    return this.#entries.at(-1);
  }

  /** Whether there is something that the file does not have yet. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** As `isDirty`; reading it clears it. */
  takeDirty(): boolean {
    const isDirty = this.#isDirty;
    this.#isDirty = false;
    return isDirty;
  }

  /** Notes that `epoch` writes from `startOffset` on. Entries that contradict it are removed. */
  assign(epoch: number, startOffset: number): void {
    const latest = this.latest;
    if (
      epoch < 0 ||
      (latest !== undefined && latest.epoch === epoch && latest.startOffset <= startOffset)
    )
      return;
    this.#entries = this.#entries.filter(
      (entry) => entry.epoch < epoch && entry.startOffset < startOffset,
    );
    this.#entries.push({ epoch, startOffset });
    this.#isDirty = true;
  }

  /**
   * The end (exclusive) of the largest epoch ≤ `epoch`.
   * @returns epoch −1, offset −1 when nothing is known
   */
  endOffsetFor(
    epoch: number,
    logEndOffset: number,
  ): { readonly epoch: number; readonly endOffset: number } {
    const unknown = { epoch: -1, endOffset: -1 };
    const latest = this.latest;
    if (epoch < 0 || latest === undefined) return unknown;
    if (epoch === latest.epoch) return { epoch, endOffset: logEndOffset };
    const above = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (above < 0) return unknown;
    // Everything here is newer than what was asked: the log starts inside a later epoch.
    if (above === 0) return { epoch, endOffset: this.#entries[0]!.startOffset };
    return { epoch: this.#entries[above - 1]!.epoch, endOffset: this.#entries[above]!.startOffset };
  }

  /** The epoch that wrote `offset`, or −1. */
  epochAt(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1;
  }

  /** Forgets epochs that start at or after `endOffset` (the log was cut there). */
  truncateFromEnd(endOffset: number): void {
    this.#keep(this.#entries.filter((entry) => entry.startOffset < endOffset));
  }

  /** The log now starts at `startOffset`: forgets epochs that ended before, and moves up the one that holds it. */
  truncateFromStart(startOffset: number): void {
    const kept = this.#entries.filter((entry) => entry.startOffset > startOffset);
    const holding = this.#entries.findLast((entry) => entry.startOffset <= startOffset);
    this.#keep(holding === undefined ? kept : [{ epoch: holding.epoch, startOffset }, ...kept]);
  }

  #keep(entries: EpochEntry[]): void {
    const before = this.#entries;
    const isSame =
      before.length === entries.length &&
      before.every((entry, slot) => entry.startOffset === entries[slot]!.startOffset);
    if (isSame) return;
    this.#entries = entries;
    this.#isDirty = true;
  }
}
