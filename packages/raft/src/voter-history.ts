// Who votes, as the log says: the newest voters record counts as soon as it is in the log, committed or not, and no longer
// when it is cut off. Kafka: VoterSetHistory, KRaftControlRecordStateMachine (KIP-853).
import type { VoterSet } from './replica.ts';

/** What one control record, or a snapshot, says of the quorum. */
export interface QuorumRecord {
  readonly voters?: VoterSet;
  readonly kraftVersion?: number;
}

/** The voters, and the offset of the record that names them; −1 when formatting wrote them. */
export interface VotersEntry {
  readonly offset: number;
  readonly voters: VoterSet;
}

interface Entry<T> {
  readonly offset: number;
  readonly value: T;
}

export class VoterHistory {
  #voters: Entry<VoterSet>[] = [];
  #versions: Entry<number>[] = [];

  /** Notes the record at `offset`; offsets do not go back. */
  add(offset: number, { voters, kraftVersion }: QuorumRecord): void {
    if (voters !== undefined) this.#voters.push({ offset, value: voters });
    if (kraftVersion !== undefined) this.#versions.push({ offset, value: kraftVersion });
  }

  /** The log was cut: records at and above `endOffset` never were. */
  truncateTo(endOffset: number): void {
    this.#voters = this.#voters.filter(({ offset }) => offset < endOffset);
    this.#versions = this.#versions.filter(({ offset }) => offset < endOffset);
  }

  /** A snapshot stands for what is below `startOffset` (exclusive): only the newest of that is needed. */
  forgetBefore(startOffset: number): void {
    this.#voters = withoutOld(this.#voters, startOffset);
    this.#versions = withoutOld(this.#versions, startOffset);
  }

  /** The log begins anew behind a snapshot that ends at `endOffset` (exclusive) and says this. */
  restart(endOffset: number, record: QuorumRecord): void {
    this.#voters = [];
    this.#versions = [];
    this.add(endOffset - 1, record);
  }

  /** The newest voters; undefined while no record names any. */
  get last(): VotersEntry | undefined {
    const entry = this.#voters.at(-1);
    return entry === undefined ? undefined : { offset: entry.offset, voters: entry.value };
  }

  /** The voters before the newest; undefined when they are not known any more, or there were none. */
  get previous(): VoterSet | undefined {
    return this.#voters.at(-2)?.value;
  }

  /** The newest level of `kraft.version`; 0 while no record names one. */
  get kraftVersion(): number {
    return this.#versions.at(-1)?.value ?? 0;
  }

  /** What was said below `endOffset` (exclusive): what a snapshot of that offset has to hold. */
  before(endOffset: number): QuorumRecord {
    const voters = this.#voters.findLast(({ offset }) => offset < endOffset)?.value;
    const kraftVersion = this.#versions.findLast(({ offset }) => offset < endOffset)?.value;
    return {
      ...(voters === undefined ? {} : { voters }),
      ...(kraftVersion === undefined ? {} : { kraftVersion }),
    };
  }
}

function withoutOld<T>(entries: Entry<T>[], startOffset: number): Entry<T>[] {
  const newest = entries.findLastIndex(({ offset }) => offset < startOffset);
  return newest < 0 ? entries : entries.slice(newest);
}
