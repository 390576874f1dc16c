// Members want different topics: keep what is valid, give the rest to whoever has least, then move single partitions while
// that brings a better balance. Kafka: AbstractStickyAssignor.GeneralAssignmentBuilder, without racks.
import { compare, type GroupSubscriptions } from '../assignor.ts';
import type { TopicPartition } from '../consumer-protocol.ts';
import { PartitionMovements } from './partition-movements.ts';
import { nameOf, type PreviousOwners, remove } from './previous-owners.ts';

const NO_GENERATION = -1;

/** Shares by member, in names. */
export function generalAssignment(
  group: GroupSubscriptions,
  previous: PreviousOwners,
): Map<string, string[]> {
  return new Balancing(group, previous).run();
}

class Balancing {
  readonly #counts: ReadonlyMap<string, number>;
  readonly #totalCount: number;
  readonly #previous: PreviousOwners;
  readonly #names: Map<string, TopicPartition>;
  readonly #movements: PartitionMovements;
  /** Existing topics by member, and members by topic. */
  readonly #topicsOf = new Map<string, readonly string[]>();
  readonly #takersOf = new Map<string, string[]>();
  #shares: Map<string, string[]>;
  readonly #ownerOf = new Map<string, string>();
  /** Members, those with the fewest partitions first. */
  #inOrder: string[] = [];
  #hasRevoked = false;

  constructor(group: GroupSubscriptions, previous: PreviousOwners) {
    this.#counts = group.partitionCounts;
    this.#totalCount = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    this.#previous = previous;
    this.#names = previous.names;
    this.#movements = new PartitionMovements(this.#names);
    this.#shares = previous.owned;
    for (const topic of this.#counts.keys()) this.#takersOf.set(topic, []);
    for (const [id, { topics }] of previous.members) {
      const existing = topics.filter((topic) => this.#counts.has(topic));
      this.#topicsOf.set(id, existing);
      for (const topic of existing) this.#takersOf.get(topic)!.push(id);
    }
    for (const [id, names] of this.#shares) for (const name of names) this.#ownerOf.set(name, id);
  }

  run(): Map<string, string[]> {
    const former = this.#formerOwners();
    const all = this.#allPartitions();
    this.#dropUnwanted();
    const unassigned = all.filter((name) => !this.#ownerOf.has(name) || this.#isDropped(name));
    for (const id of this.#shares.keys()) this.#insert(id);
    this.#balance(former, all, unassigned);
    return this.#shares;
  }

  /** Who had a partition in a generation before the latest. */
  #formerOwners(): Map<string, { readonly id: string; readonly generationId: number }> {
    const former = new Map<string, { id: string; generationId: number }>();
    const { members, claims, maxGeneration } = this.#previous;
    for (const [id] of members) {
      const { partitions, generationId = NO_GENERATION } = claims.get(id)!;
      if (generationId >= maxGeneration) continue;
      for (const target of partitions) {
        const known = former.get(nameOf(target));
        if (known === undefined || generationId > known.generationId)
          former.set(nameOf(target), { id, generationId });
      }
    }
    return former;
  }

  /** By the number of takers, then by name. */
  #allPartitions(): string[] {
    const topics = [...this.#takersOf.keys()].sort(
      (a, b) => this.#takersOf.get(a)!.length - this.#takersOf.get(b)!.length || compare(a, b),
    );
    return topics.flatMap((topic) =>
      Array.from({ length: this.#counts.get(topic)! }, (_, partition) => {
        const name = `${topic}-${partition}`;
        this.#names.set(name, { topic, partition });
        return name;
      }),
    );
  }

  #dropUnwanted(): void {
    for (const [id, names] of this.#shares) {
      const wanted = new Set(this.#topicsOf.get(id));
      const kept = names.filter((name) => wanted.has(this.#topicOf(name)));
      if (kept.length < names.length) this.#hasRevoked = true;
      this.#shares.set(id, kept);
    }
  }

  #isDropped(name: string): boolean {
    return !this.#shares.get(this.#ownerOf.get(name)!)!.includes(name);
  }

  #balance(
    former: ReadonlyMap<string, { readonly id: string }>,
    all: readonly string[],
    unassigned: readonly string[],
  ): void {
    const isFresh = this.#shares.get(this.#inOrder.at(-1)!)!.length === 0;
    for (const name of unassigned) this.#assignToFirst(name);
    const canMove = (name: string): boolean => this.#takersOf.get(this.#topicOf(name))!.length > 1;
    const fixed = this.#setFixedAside();
    const sharesBefore = copy(this.#shares);
    // What is new is moved first; what members have already, only when that is not enough.
    if (!this.#hasRevoked) this.#reassign(unassigned.filter(canMove), former);
    const hasMoved = this.#reassign(all.filter(canMove), former);
    if (!isFresh && hasMoved && score(this.#shares) >= score(sharesBefore))
      this.#shares = sharesBefore;
    for (const [id, names] of fixed) this.#shares.set(id, names);
  }

  #assignToFirst(name: string): void {
    const topic = this.#topicOf(name);
    const id = this.#inOrder.find((each) => this.#topicsOf.get(each)!.includes(topic));
    if (id === undefined) return;
    this.#reorder([id], () => this.#shares.get(id)!.push(name));
    this.#ownerOf.set(name, id);
  }

  /** Members that have all they can get, of topics that nobody else wants. */
  #setFixedAside(): Map<string, string[]> {
    const fixed = new Map<string, string[]>();
    for (const [id, names] of this.#shares) {
      const canTakePart =
        names.length < this.#maxSizeOf(id) ||
        names.some((name) => this.#takersOf.get(this.#topicOf(name))!.length > 1);
      if (canTakePart) continue;
      remove(this.#inOrder, id);
      fixed.set(id, names);
    }
    for (const id of fixed.keys()) this.#shares.delete(id);
    return fixed;
  }

  #reassign(
    names: readonly string[],
    former: ReadonlyMap<string, { readonly id: string }>,
  ): boolean {
    let hasMoved = false;
    for (let isModified = true; isModified;) {
      isModified = false;
      for (const name of names) {
        if (this.#isBalanced()) break;
        const size = this.#shares.get(this.#ownerOf.get(name)!)!.length;
        const before = this.#formerTaker(name, former);
        const sizeBefore = before === undefined ? undefined : this.#shares.get(before)?.length;
        if (sizeBefore !== undefined && size > sizeBefore + 1) this.#moveTo(name, before!);
        else if (this.#hasSmallerTaker(name, size)) this.#moveTo(name, this.#firstTaker(name));
        else continue;
        hasMoved = true;
        isModified = true;
      }
    }
    return hasMoved;
  }

  /** Who had it before, if it still wants it: Java would give it back to a member that does not (its only difference). */
  #formerTaker(
    name: string,
    former: ReadonlyMap<string, { readonly id: string }>,
  ): string | undefined {
    const id = former.get(name)?.id;
    return id !== undefined && this.#topicsOf.get(id)!.includes(this.#topicOf(name))
      ? id
      : undefined;
  }

  #hasSmallerTaker(name: string, size: number): boolean {
    return this.#takersOf
      .get(this.#topicOf(name))!
      .some((id) => size > this.#shares.get(id)!.length + 1);
  }

  #firstTaker(name: string): string {
    const topic = this.#topicOf(name);
    return this.#inOrder.find((id) => this.#topicsOf.get(id)!.includes(topic))!;
  }

  #moveTo(name: string, to: string): void {
    const moved = this.#movements.actual(name, this.#ownerOf.get(name)!, to);
    const from = this.#ownerOf.get(moved)!;
    this.#movements.move(moved, from, to);
    this.#reorder([to, from], () => {
      remove(this.#shares.get(from)!, moved);
      this.#shares.get(to)!.push(moved);
      this.#ownerOf.set(moved, to);
    });
  }

  /** Nobody can get one more from somebody who has two more. */
  #isBalanced(): boolean {
    const min = this.#shares.get(this.#inOrder[0]!)!.length;
    const max = this.#shares.get(this.#inOrder.at(-1)!)!.length;
    if (min >= max - 1) return true;
    return this.#inOrder.every((id) => {
      const share = this.#shares.get(id)!;
      if (share.length === this.#maxSizeOf(id)) return true;
      const own = new Set(share);
      return this.#topicsOf
        .get(id)!
        .every((topic) => !this.#hasRicherOwner(topic, own, share.length + 1));
    });
  }

  #hasRicherOwner(topic: string, own: ReadonlySet<string>, size: number): boolean {
    for (let partition = 0; partition < this.#counts.get(topic)!; partition += 1) {
      const name = `${topic}-${partition}`;
      if (!own.has(name) && size < this.#shares.get(this.#ownerOf.get(name)!)!.length) return true;
    }
    return false;
  }

  #maxSizeOf(id: string): number {
    const topics = this.#topicsOf.get(id)!;
    if (topics.length === this.#counts.size) return this.#totalCount;
    return topics.reduce((sum, topic) => sum + this.#counts.get(topic)!, 0);
  }

  /** Keeps `#inOrder` true while sizes change. */
  #reorder(ids: readonly string[], change: () => void): void {
    for (const id of ids) remove(this.#inOrder, id);
    change();
    for (const id of ids) this.#insert(id);
  }

  #insert(id: string): void {
    const size = this.#shares.get(id)!.length;
    const at = this.#inOrder.findIndex((other) => {
      const otherSize = this.#shares.get(other)!.length;
      return otherSize > size || (otherSize === size && other > id);
    });
    if (at < 0) this.#inOrder.push(id);
    else this.#inOrder.splice(at, 0, id);
  }

  #topicOf(name: string): string {
    return this.#names.get(name)!.topic;
  }
}

/** The sum of the differences in size of all pairs: 0 is perfect. */
function score(shares: ReadonlyMap<string, readonly string[]>): number {
  const sizes = [...shares.values()].map(({ length }) => length);
  let sum = 0;
  sizes.forEach((size, index) => {
    for (const other of sizes.slice(index + 1)) sum += Math.abs(size - other);
  });
  return sum;
}

function copy(shares: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  return new Map([...shares].map(([id, names]) => [id, [...names]]));
}
