// What must hold after every event, whatever happens to the quorum: Kafka's RaftEventSimulationTest checks the same six,
// and that committed data is the same everywhere; here also that a new leader has all of it.
import type { LogPosition, VoterSet } from '../../src/replica.ts';
import type { Entry } from './simulated-log.ts';
import type { SimulatedReplica } from './simulated-replica.ts';

export class InvariantError extends Error {
  override readonly name: string = 'InvariantError';
}

interface Seen {
  epoch: number;
  core: unknown;
  highWatermark: number;
  /** The log's end and generation when its voters were looked at. */
  logEnd: number;
  generation: number;
}

export class Invariants {
  /** Everything that was ever committed. */
  readonly committed: Entry[] = [];
  readonly leaders: Map<number, number> = new Map();
  readonly #replicas: readonly SimulatedReplica[];
  readonly #seen = new Map<SimulatedReplica, Seen>();

  constructor(replicas: readonly SimulatedReplica[]) {
    this.#replicas = replicas;
  }

  check(): void {
    for (const replica of this.#replicas) this.#checkReplica(replica);
  }

  #checkReplica(replica: SimulatedReplica): void {
    const { core, disk } = replica;
    if (disk.startOffset > 0 && disk.snapshot?.offset !== disk.startOffset)
      fail(
        replica,
        `its log starts at ${disk.startOffset} and no snapshot stands for what is before`,
      );
    if (core === undefined) return;
    let seen = this.#seen.get(replica);
    if (seen === undefined) {
      seen = { epoch: 0, core, highWatermark: -1, logEnd: -1, generation: -1 };
      this.#seen.set(replica, seen);
    }
    if (seen.core !== core) {
      seen.core = core;
      seen.highWatermark = -1;
      seen.epoch = disk.election.epoch;
    }
    if (core.epoch < seen.epoch)
      fail(replica, `its epoch went from ${seen.epoch} back to ${core.epoch}`);
    if (disk.election.epoch > core.epoch) fail(replica, 'its disk is ahead of its epoch');
    seen.epoch = core.epoch;
    if (core.leaderId !== undefined) this.#checkLeader(replica, core.epoch, core.leaderId);
    if (disk.endOffset !== seen.logEnd || disk.generation !== seen.generation) {
      this.#checkVoters(replica);
      seen.logEnd = disk.endOffset;
      seen.generation = disk.generation;
    }
    if (core.highWatermark === seen.highWatermark) return;
    if (core.highWatermark < seen.highWatermark)
      fail(
        replica,
        `its high watermark went from ${seen.highWatermark} back to ${core.highWatermark}`,
      );
    this.#checkCommitted(replica, Math.max(seen.highWatermark, 0), core.highWatermark);
    seen.highWatermark = core.highWatermark;
  }

  /** It goes by the voters of its log, and at most one change of them is not committed. */
  #checkVoters(replica: SimulatedReplica): void {
    const { disk, core } = replica;
    let before = disk.snapshot?.quorum?.voters ?? disk.formatted.voters;
    let uncommitted = 0;
    for (const offset of disk.quorumOffsets) {
      const { voters } = disk.at(offset)!.quorum!;
      if (voters === undefined) continue;
      if (before !== undefined) {
        const changed = differences(before, voters);
        if (changed > 1) fail(replica, `the voters at ${offset} differ by ${changed}`);
        if (offset >= this.committed.length) uncommitted += changed;
      }
      before = voters;
    }
    if (uncommitted > 1) fail(replica, `its log has ${uncommitted} uncommitted changes of voters`);
    if (before !== undefined && !core!.voters.equals(before))
      fail(
        replica,
        `it goes by the voters ${core!.voters.ids.join()}, its log says ${before.ids.join()}`,
      );
  }

  #checkLeader(replica: SimulatedReplica, epoch: number, leaderId: number): void {
    const known = this.leaders.get(epoch);
    if (known === leaderId) return;
    if (known !== undefined)
      fail(replica, `epoch ${epoch} has two leaders, ${known} and ${leaderId}`);
    this.leaders.set(epoch, leaderId);
    if (replica.key.id !== leaderId) return;
    const last = this.committed.at(-1);
    if (last === undefined) return;
    const own = replica.disk.at(this.committed.length - 1);
    const hasAll =
      replica.disk.startOffset >= this.committed.length ||
      (own?.value === last.value && own.epoch === last.epoch);
    if (!hasAll) fail(replica, `it leads epoch ${epoch} without all that is committed`);
  }

  #checkCommitted(replica: SimulatedReplica, from: number, to: number): void {
    const { disk } = replica;
    if (to > disk.endOffset)
      fail(replica, `its high watermark ${to} is beyond its log's end ${disk.endOffset}`);
    for (let offset = Math.max(from, disk.startOffset); offset < to; offset += 1) {
      const own = disk.at(offset)!;
      const known = this.committed[offset];
      if (known === undefined) {
        if (offset !== this.committed.length)
          fail(replica, `it commits ${offset} before what is below`);
        this.#checkMajority(replica, offset, own);
        this.committed.push(own);
      } else if (known.value !== own.value || known.epoch !== own.epoch)
        fail(replica, `offset ${offset} is committed as ${known.value} and as ${own.value}`);
    }
  }

  #checkMajority(replica: SimulatedReplica, offset: number, entry: Entry): void {
    const { voters } = replica.core!;
    const having = this.#replicas.filter(
      ({ key, disk }) =>
        voters.has(key) &&
        disk.syncedEnd > offset &&
        (offset < disk.startOffset || disk.at(offset)?.value === entry.value),
    );
    if (having.length < voters.majority)
      fail(replica, `offset ${offset} is committed with ${having.length} synced copies only`);
  }

  snapshotLoaded(replica: SimulatedReplica, snapshot: LogPosition): void {
    if (replica.core?.role.role === 'leader') fail(replica, 'it loads a snapshot while it leads');
    const last = this.committed[snapshot.offset - 1];
    if (last?.epoch !== snapshot.epoch)
      fail(replica, 'it loads a snapshot of what is not committed');
  }
}

/** How many voters are in one of the two only. */
function differences(a: VoterSet, b: VoterSet): number {
  const missing = (from: VoterSet, others: VoterSet): number =>
    from.voters.filter((voter) => !others.has(voter)).length;
  return missing(a, b) + missing(b, a);
}

function fail(replica: SimulatedReplica, what: string): never {
  throw new InvariantError(`replica ${replica.key.id}: ${what}`);
}
