// The history of a shard's state: which values the maps had at earlier log offsets, as undo logs in tiers.
// A tier belongs to one snapshot and holds, for each map, the first previous value of each key that changed since.
// Going back applies the tiers from the newest to the wanted one; a committed read looks for the key in the tiers
// from the oldest on and otherwise reads the map itself. Kafka: SnapshotRegistry in server-common (timeline).
//
//   committed              latest
//   snapshot 10 ── tier ── snapshot 14 ── tier (open) ──> now

/** Marks in a tier that the key was absent. */
export const ABSENT: unique symbol = Symbol('absent');

/** Previous values by key; `ABSENT` where there was none. */
export type Undo = Map<unknown, unknown>;

/** What a map offers to the registry so that it can be taken back. */
export interface Revertible {
  /** Puts the previous values back, recording nothing. */
  restore(undo: Undo): void;
}

interface Tier {
  readonly offset: number;
  readonly undoByMap: Map<Revertible, Undo>;
}

/**
 * Snapshots of all maps that were made with it, in the order of log offsets (exclusive: a snapshot at 10 is the state
 * after all records below 10). Before the first `snapshot` nothing is recorded, which is how a log is loaded.
 */
export class SnapshotRegistry {
  #tiers: Tier[] = [];

  /** Offset (exclusive) that committed reads see; undefined before the first snapshot, when they see the latest state. */
  get committedOffset(): number | undefined {
    return this.#tiers[0]?.offset;
  }

  /** Number of snapshots held. */
  get size(): number {
    return this.#tiers.length;
  }

  /**
   * Remembers the present state as the one at `offset`. Nothing happens when the newest snapshot is at that offset already.
   *
   * @throws RangeError when a later snapshot exists
   */
  snapshot(offset: number): void {
    const newest = this.#tiers.at(-1);
    if (newest !== undefined && newest.offset >= offset) {
      if (newest.offset === offset) return;
      throw new RangeError(`snapshot at ${offset} after one at ${newest.offset}`);
    }
    this.#tiers.push({ offset, undoByMap: new Map() });
  }

  /** Lets committed reads see the newest snapshot at or below `offset`, and forgets the older ones. */
  commit(offset: number): void {
    let keep = 0;
    while (keep + 1 < this.#tiers.length && this.#tiers[keep + 1]!.offset <= offset) keep += 1;
    if (keep > 0) this.#tiers.splice(0, keep);
  }

  /**
   * Takes all maps back to the snapshot at `offset`, which stays; later ones are forgotten.
   *
   * @throws RangeError when there is no snapshot at that offset
   */
  revert(offset: number): void {
    const index = this.#tiers.findIndex((tier) => tier.offset === offset);
    if (index < 0) throw new RangeError(`no snapshot at ${offset}`);
    for (let i = this.#tiers.length - 1; i >= index; i -= 1) {
      for (const [map, undo] of this.#tiers[i]!.undoByMap) map.restore(undo);
    }
    this.#tiers.length = index + 1;
    this.#tiers[index]!.undoByMap.clear();
  }

  /** Records a previous value of a map, unless the open tier has one for the key. For maps only. */
  record(map: Revertible, key: unknown, previous: unknown): void {
    const tier = this.#tiers.at(-1);
    if (tier === undefined) return;
    let undo = tier.undoByMap.get(map);
    if (undo === undefined) tier.undoByMap.set(map, (undo = new Map()));
    if (!undo.has(key)) undo.set(key, previous);
  }

  /** The map's undo logs, from the committed snapshot to the open tier. For maps only. */
  *undoOf(map: Revertible): Generator<Undo, void, undefined> {
    for (const tier of this.#tiers) {
      const undo = tier.undoByMap.get(map);
      if (undo !== undefined) yield undo;
    }
  }
}
