// Which replicas move when a broker joins or leaves, or a topic gets another number of them: as few as possible, so that every broker has its share, and no rack
// holds two replicas of a partition while another has none. Pure.

/** A partition and where its replicas are, the preferred leader first. */
export interface PlacedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
}

/** A broker that may hold replicas. */
export interface Place {
  readonly nodeId: number;
  readonly rack: string | null;
}

/** Why a broker cannot be emptied: a partition has as many replicas as there are other brokers, or more. */
export class TooFewBrokers extends Error {
  override readonly name = 'TooFewBrokers';
  readonly partition: PlacedPartition;

  constructor(partition: PlacedPartition) {
    const { topic, partition: id, replicas } = partition;
    super(
      `${topic}-${id} has ${replicas.length} replicas, and no other broker is left for one of them`,
    );
    this.partition = partition;
  }
}

/**
 * Takes every replica off a broker. The others' places and the order of replicas stay.
 *
 * @returns the partitions that change, with their new replicas
 * @throws TooFewBrokers
 */
export function drained(
  partitions: readonly PlacedPartition[],
  places: readonly Place[],
  nodeId: number,
): PlacedPartition[] {
  const load = loadOf(partitions);
  const others = places.filter((place) => place.nodeId !== nodeId);
  return partitions.flatMap((partition) => {
    const at = partition.replicas.indexOf(nodeId);
    if (at < 0) return [];
    const heir = best(others, partition.replicas, nodeId, load);
    if (heir === undefined) throw new TooFewBrokers(partition);
    return [moved(partition, at, heir, load)];
  });
}

/**
 * Gives a broker its share of all replicas, taking each from whoever has most.
 *
 * @returns the partitions that change, with their new replicas; none when it has its share already
 */
export function filled(
  partitions: readonly PlacedPartition[],
  places: readonly Place[],
  nodeId: number,
): PlacedPartition[] {
  const load = loadOf(partitions);
  const total = partitions.reduce((sum, { replicas }) => sum + replicas.length, 0);
  const share = Math.floor(total / places.length);
  const racks = new Map(places.map((place) => [place.nodeId, place.rack]));
  const leaders = Math.floor(partitions.length / places.length);
  let leads = partitions.filter(({ replicas }) => replicas[0] === nodeId).length;
  const changes: PlacedPartition[] = [];
  const open = new Set(partitions.filter(({ replicas }) => !replicas.includes(nodeId)));
  while ((load.get(nodeId) ?? 0) < share) {
    const found = heaviest(open, load, leads < leaders, (partition, from) =>
      keepsRacks(partition, from, nodeId, racks),
    );
    if (found === undefined || (load.get(found.from) ?? 0) <= (load.get(nodeId) ?? 0) + 1) break;
    open.delete(found.partition);
    if (found.partition.replicas[0] === found.from) leads += 1;
    changes.push(
      moved(found.partition, found.partition.replicas.indexOf(found.from), nodeId, load),
    );
  }
  return changes;
}

/**
 * Gives the partitions of a topic so many replicas. Whoever leads by preference stays, and those that are in sync; racks and the
 * emptiest brokers decide about the rest.
 *
 * @param topic with who is in sync; at most as many replicas are asked for as there are places
 * @returns the partitions that change, with their new replicas
 */
export function resized(
  all: readonly PlacedPartition[],
  places: readonly Place[],
  topic: readonly (PlacedPartition & { readonly isr: readonly number[] })[],
  factor: number,
): PlacedPartition[] {
  const load = loadOf(all);
  const racks = new Map(places.map((place) => [place.nodeId, place.rack]));
  return topic.flatMap(({ topic: name, partition, replicas, isr }) => {
    if (replicas.length === factor) return [];
    let now = replicas;
    while (now.length < factor) {
      const added = best(places, now, undefined, load);
      if (added === undefined) break;
      load.set(added, (load.get(added) ?? 0) + 1);
      now = [...now, added];
    }
    while (now.length > factor) {
      const gone = leastNeeded(now, isr, racks, load);
      load.set(gone, (load.get(gone) ?? 0) - 1);
      now = now.filter((nodeId) => nodeId !== gone);
    }
    return [{ topic: name, partition, replicas: now }];
  });
}

/** The replica that can go: out of sync, then not the preferred leader, then one of two in a rack, then on the fullest broker. */
function leastNeeded(
  replicas: readonly number[],
  isr: readonly number[],
  racks: ReadonlyMap<number, string | null>,
  load: ReadonlyMap<number, number>,
): number {
  const isAlone = (nodeId: number): boolean => {
    const rack = racks.get(nodeId) ?? null;
    return replicas.every((other) => other === nodeId || (racks.get(other) ?? null) !== rack);
  };
  const score = (nodeId: number) => [
    isr.includes(nodeId) ? 1 : 0,
    nodeId === replicas[0] ? 1 : 0,
    isAlone(nodeId) ? 1 : 0,
    -(load.get(nodeId) ?? 0),
    -nodeId,
  ];
  return replicas.toSorted((a, b) => compare(score(a), score(b)))[0]!;
}

function loadOf(partitions: readonly PlacedPartition[]): Map<number, number> {
  const load = new Map<number, number>();
  for (const { replicas } of partitions)
    for (const nodeId of replicas) load.set(nodeId, (load.get(nodeId) ?? 0) + 1);
  return load;
}

/** The replica that its broker can spare most; of several the one that leads or does not, as is wanted. */
function heaviest(
  partitions: ReadonlySet<PlacedPartition>,
  load: ReadonlyMap<number, number>,
  wantsLeader: boolean,
  may: (partition: PlacedPartition, from: number) => boolean,
): { partition: PlacedPartition; from: number } | undefined {
  let found: { partition: PlacedPartition; from: number } | undefined;
  let most = -1;
  for (const partition of partitions)
    for (const [at, from] of partition.replicas.entries()) {
      const spare = load.get(from)! + ((at === 0) === wantsLeader ? 0.5 : 0);
      if (spare > most && may(partition, from)) {
        found = { partition, from };
        most = spare;
      }
    }
  return found;
}

function keepsRacks(
  { replicas }: PlacedPartition,
  from: number,
  to: number,
  racks: ReadonlyMap<number, string | null>,
): boolean {
  const rack = racks.get(to) ?? null;
  return (
    rack === null ||
    rack === racks.get(from) ||
    replicas.every((nodeId) => nodeId === from || racks.get(nodeId) !== rack)
  );
}

/**
 * Of the brokers that hold none of the replicas: in a rack of its own if possible, then the emptiest.
 *
 * @param leaving whose rack counts no more; undefined for nobody
 */
function best(
  places: readonly Place[],
  replicas: readonly number[],
  leaving: number | undefined,
  load: ReadonlyMap<number, number>,
): number | undefined {
  const racks = new Set(
    places
      .filter(
        ({ nodeId, rack }) => rack !== null && nodeId !== leaving && replicas.includes(nodeId),
      )
      .map(({ rack }) => rack),
  );
  const score = ({ nodeId, rack }: Place) => [
    racks.has(rack) ? 1 : 0,
    load.get(nodeId) ?? 0,
    nodeId,
  ];
  return places
    .filter(({ nodeId }) => !replicas.includes(nodeId))
    .toSorted((a, b) => compare(score(a), score(b)))[0]?.nodeId;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function moved(
  partition: PlacedPartition,
  at: number,
  to: number,
  load: Map<number, number>,
): PlacedPartition {
  const from = partition.replicas[at]!;
  load.set(from, (load.get(from) ?? 0) - 1);
  load.set(to, (load.get(to) ?? 0) + 1);
  return { ...partition, replicas: partition.replicas.with(at, to) };
}
