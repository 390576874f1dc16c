// One in-memory file: what reads see, and the journal of changes that a power cut may still undo.
//
// A change notes the bytes it replaced, so the durable content need not be kept twice: a crash
// undoes the journal backwards and then does again what chance lets survive. A failed datasync marks
// what it covered as lost (readable until the crash, never durable), as Linux does since the page
// cache calls those pages clean ("fsyncgate", 2018).
import type { Random } from '../ports.ts';
import { Pages } from './pages.ts';

interface Change {
  readonly position: number;
  /** What was written; undefined for a truncation to `position`. */
  readonly after: Uint8Array | undefined;
  /** What stood where it was written, or beyond the cut. */
  readonly before: Uint8Array;
  readonly sizeBefore: number;
  fate: 'unsynced' | 'synced' | 'lost';
}

/** Unsynced bytes kept for one file; older ones count as written back by the system. */
const JOURNAL_BYTES_MAX = 16 * 1024 * 1024;

export class MemoryInode {
  readonly kind = 'file';
  readonly pages: Pages = new Pages();
  modifiedMs: number;
  /** Names that point here, and open handles: bytes are given back when both are none. */
  linkCount = 0;
  openCount = 0;
  #journal: Change[] = [];
  #journalBytes = 0;
  readonly #isJournaled: boolean;

  constructor(isJournaled: boolean, nowMs: number) {
    this.#isJournaled = isJournaled;
    this.modifiedMs = nowMs;
  }

  get unsyncedBytes(): number {
    return this.#journalBytes;
  }

  /** How far, from its beginning, a power cut would leave the file as it is. */
  get durableBytes(): number {
    let end = this.pages.size;
    for (const [index, change] of this.#journal.entries())
      if (change.fate !== 'synced' && change.position < end && !this.#isWrittenAgain(change, index))
        end = change.position;
    return end;
  }

  /** Whether what is not durable of this change is so by a later one, which wrote all of it anew. */
  #isWrittenAgain({ position, after }: Change, index: number): boolean {
    if (after === undefined) return false;
    const end = position + after.length;
    return this.#journal.some(
      (later, at) =>
        at > index &&
        later.fate === 'synced' &&
        later.after !== undefined &&
        later.position <= position &&
        later.position + later.after.length >= end,
    );
  }

  write(source: Uint8Array, position: number): void {
    if (this.#isJournaled) {
      this.#note({
        position,
        after: new Uint8Array(source),
        before: this.pages.slice(position, source.length),
        sizeBefore: this.pages.size,
        fate: 'unsynced',
      });
    }
    this.pages.write(source, position);
  }

  truncate(size: number): void {
    if (this.#isJournaled) {
      this.#note({
        position: size,
        after: undefined,
        before: this.pages.slice(size, Number.MAX_SAFE_INTEGER),
        sizeBefore: this.pages.size,
        fate: 'unsynced',
      });
    }
    this.pages.truncate(size);
  }

  /** All changes so far survive a crash, except those that an earlier failure lost. */
  sync(): void {
    for (const change of this.#journal) if (change.fate === 'unsynced') change.fate = 'synced';
    this.#journalBytes = 0;
    this.#forgetOldest();
  }

  /** The changes not yet durable never will be. */
  failSync(): void {
    for (const change of this.#journal) if (change.fate === 'unsynced') change.fate = 'lost';
    this.#journalBytes = 0;
  }

  /** Power cut: chance decides what of the unsynced changes is kept, and whether the last one is torn. */
  crash(random: Random): void {
    const journal = this.#journal;
    for (const change of journal.toReversed()) this.#undo(change);
    const keep = survivors(journal, random);
    for (const change of journal) {
      const bytes = keep(change);
      if (bytes > 0 || (bytes === 0 && change.after === undefined)) this.#redo(change, bytes);
    }
    this.#journal = [];
    this.#journalBytes = 0;
  }

  #note(change: Change): void {
    this.#journal.push(change);
    this.#journalBytes += change.after?.length ?? 0;
    while (this.#journalBytes > JOURNAL_BYTES_MAX) {
      const oldest = this.#journal.find((each) => each.fate === 'unsynced');
      if (oldest === undefined) return;
      oldest.fate = 'synced';
      this.#journalBytes -= oldest.after?.length ?? 0;
      this.#forgetOldest();
    }
  }

  /** What is durable need not be undone, unless something lost lies before it. */
  #forgetOldest(): void {
    const first = this.#journal.findIndex((change) => change.fate !== 'synced');
    if (first !== 0) this.#journal.splice(0, first < 0 ? this.#journal.length : first);
  }

  #undo(change: Change): void {
    this.pages.write(change.before, change.position);
    this.pages.truncate(change.sizeBefore);
  }

  #redo(change: Change, keepBytes: number): void {
    if (change.after === undefined) this.pages.truncate(change.position);
    else this.pages.write(change.after.subarray(0, keepBytes), change.position);
  }
}

const GONE = -1;

/**
 * How many bytes of each change survive, `GONE` for none. Half of the crashes keep a prefix of the unsynced
 * changes, the last of them torn; the others keep any subset, for a disk writes in whatever order it likes.
 */
function survivors(journal: readonly Change[], random: Random): (change: Change) => number {
  const isPrefix = random.below(2) === 0;
  const unsyncedCount = journal.filter((change) => change.fate === 'unsynced').length;
  let left = random.below(unsyncedCount + 1);
  return (change) => {
    const length = change.after?.length ?? 0;
    if (change.fate === 'synced') return length;
    if (change.fate === 'lost') return GONE;
    if (isPrefix) {
      if (left-- > 0) return length;
      return left === -1 && length > 0 ? random.below(length) || GONE : GONE;
    }
    const draw = random.below(3);
    if (draw === 0) return GONE;
    return draw === 1 || length === 0 ? length : random.below(length) || GONE;
  };
}
