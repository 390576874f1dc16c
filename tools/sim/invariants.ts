// What must hold after every event, of every server that the event happened to. A violation ends the run where it happened,
// long before a client could notice.
import type { Partition, ServerParts } from '../../apps/broker/test/server-parts.ts';
import { CommittedPrefixes, type Cursor, cursorAt } from './committed-prefix.ts';
import type { CommittedRecords } from './committed-records.ts';
import { checkDurable, type DurableSeen } from './durable-ends.ts';
import type { Member } from './member.ts';
import { QuorumInvariants } from './quorum-invariants.ts';
import { QuorumVotes } from './quorum-votes.ts';

const METADATA = '__cluster_metadata-0';

type PartitionLog = NonNullable<Partition['log']>;

/** What was seen of a replica at the last event: only what has changed is looked at again. */
interface Replica {
  /** Of this log and no other, also when a topic of the same name comes back. */
  readonly id: string;
  /** That of its folder. */
  readonly name: string;
  /** One that was given away and comes back is another one. */
  readonly log: object;
  readonly cursor: Cursor;
  readonly durable: DurableSeen;
  highWatermark: number;
  logStartOffset: number;
  logEndOffset: number;
  leaderEpoch: number;
  /** The epoch in which it was seen to lead. */
  ledEpoch: number;
  /** Compared by identity. */
  isr: readonly number[] | undefined;
  replicas: readonly number[] | undefined;
  /** The doubt in which its ISR was looked at. */
  doubt: number;
}

/** What was seen of one life of one server. */
interface Life {
  readonly parts: ServerParts;
  quorumEpoch: number;
  serves: boolean;
  /** By partition, or the log of the metadata. */
  readonly replicas: Map<object, Replica>;
  /** The partitions it holds, as it said last, and what was seen of each: looked at after every event. */
  partitions: readonly Partition[];
  seen: (Replica | undefined)[];
}

const NO_PARTITIONS: readonly Partition[] = [];

export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export class Invariants {
  readonly #members: ReadonlyMap<string, Member>;
  readonly #lives: Map<string, Life> = new Map();
  readonly #records: CommittedRecords;
  readonly #prefixes: CommittedPrefixes;
  readonly #quorum = new QuorumInvariants();
  readonly #votes = new QuorumVotes();
  /** Leaders by `log epoch`. */
  readonly #leaders: Map<string, string> = new Map();
  /** Members by node id. */
  readonly #byId: Map<number, Member> = new Map();
  /** Grows when a replica appears, serves, or becomes shorter: every ISR is looked at again. */
  #doubt = 0;
  checks = 0;

  constructor(members: readonly Member[], records: CommittedRecords) {
    this.#records = records;
    this.#prefixes = new CommittedPrefixes(records);
    this.#members = new Map(members.map((member) => [member.name, member]));
    for (const member of members) this.#byId.set(member.nodeId, member);
  }

  /** @throws InvariantError */
  check(name: string): void {
    const member = this.#members.get(name);
    if (member?.parts !== undefined && !member.node.isUp) this.#hearLast(member.parts);
    if (member?.parts !== undefined && member.node.isUp) this.#checkMember(member, member.parts);
    if (this.#records.failure !== undefined) this.#fail(this.#records.failure);
  }

  /** It may have answered before its power went, in the same event. */
  #hearLast({ broker }: ServerParts): void {
    for (const { name, highWatermark } of broker?.replicas.partitions() ?? [])
      this.#records.lastWords(name, highWatermark);
  }

  #checkMember(member: Member, parts: ServerParts): void {
    this.checks++;
    const life = this.#lifeOf(member, parts);
    this.#checkQuorum(member, life);
    const partitions = parts.broker?.replicas.partitions() ?? NO_PARTITIONS;
    if (partitions !== life.partitions) {
      life.partitions = partitions;
      life.seen = partitions.map((partition) => life.replicas.get(partition));
    }
    for (let index = 0; index < partitions.length; index++)
      this.#checkPartition(member, life, partitions[index]!, index);
  }

  #checkPartition(member: Member, life: Life, partition: Partition, index: number): void {
    const { log, leaderEpoch } = partition;
    if (log === undefined) return;
    let replica = life.seen[index];
    if (replica?.log !== log) {
      const { name } = partition;
      const id = `${name} of ${partition.topicId}`;
      const { logStartOffset } = log;
      replica = this.#firstSeen(member, life, partition, { id, name, log, logStartOffset });
      life.seen[index] = replica;
    }
    const leads = partition.isLeader ? leaderEpoch : undefined;
    const hasMoved = this.#checkLog(member, replica, log, log, leads);
    if (leaderEpoch < replica.leaderEpoch)
      this.#fail(
        `${member.name} went from leader epoch ${replica.leaderEpoch} of ${replica.name} to ${leaderEpoch}`,
      );
    replica.leaderEpoch = leaderEpoch;
    const { isr, replicas } = partition;
    const isChanged = isr !== replica.isr || replicas !== replica.replicas;
    replica.isr = isr;
    replica.replicas = replicas;
    const stranger = isChanged ? isr.find((id) => !replicas.includes(id)) : undefined;
    if (stranger !== undefined)
      this.#fail(
        `broker ${stranger} is in the ISR of ${replica.name}, and no replica of it, says ${member.name}`,
      );
    if (leads === undefined || !(isChanged || hasMoved || replica.doubt !== this.#doubt)) return;
    replica.doubt = this.#doubt;
    this.#checkIsr(member, partition, log.highWatermark);
  }

  #checkQuorum(member: Member, life: Life): void {
    const { core, log } = life.parts.quorum;
    if (core.epoch < life.quorumEpoch)
      this.#fail(`${member.name} went from quorum epoch ${life.quorumEpoch} to ${core.epoch}`);
    life.quorumEpoch = core.epoch;
    const replica =
      life.replicas.get(log) ??
      this.#firstSeen(member, life, log, {
        id: METADATA,
        name: METADATA,
        log,
        logStartOffset: log.startOffset,
      });
    const { startOffset: logStartOffset, endOffset: logEndOffset } = log;
    const { highWatermark } = core;
    const leads = core.role.role === 'leader' ? core.epoch : undefined;
    const view = { logStartOffset, logEndOffset, highWatermark };
    this.#checkLog(member, replica, log.log, view, leads);
    const why =
      this.#quorum.check(member, life.parts.quorum) ??
      this.#votes.check(member.name, life.parts.quorum.core);
    if (why !== undefined) this.#fail(why);
  }

  #firstSeen(
    { node }: Member,
    life: Life,
    key: object,
    seen: Pick<Replica, 'id' | 'name' | 'log' | 'logStartOffset'>,
  ): Replica {
    const replica = {
      ...seen,
      cursor: cursorAt(node.disk, seen.name, seen.logStartOffset),
      durable: { promised: -1, logStartOffset: -1, cursor: undefined },
      highWatermark: -1,
      logEndOffset: -1,
      leaderEpoch: -1,
      ledEpoch: -1,
      isr: undefined,
      replicas: undefined,
      doubt: -1,
    };
    life.replicas.set(key, replica);
    this.#doubt++;
    return replica;
  }

  /** @returns whether its high watermark or its start has moved */
  #checkLog(
    member: Member,
    replica: Replica,
    own: PartitionLog,
    view: {
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly highWatermark: number;
    },
    leads: number | undefined,
  ): boolean {
    const { logStartOffset, logEndOffset, highWatermark } = view;
    const { id, name: log } = replica;
    const { name, node } = member;
    if (logEndOffset < replica.logEndOffset) this.#doubt++;
    replica.logEndOffset = logEndOffset;
    if (leads !== undefined && leads !== replica.ledEpoch) {
      this.#checkLeader(name, id, leads, logEndOffset);
      replica.ledEpoch = leads;
    }
    // What a failed sync has lost is read as long as the machine runs; without syncs it is not started anew.
    if (member.isSynced) {
      const lost = checkDurable(own, node.disk, log, replica.durable);
      if (lost !== undefined) this.#fail(`${name} ${lost}`);
    }
    if (highWatermark === replica.highWatermark && logStartOffset === replica.logStartOffset)
      return false;
    if (highWatermark < replica.highWatermark)
      this.#fail(
        `the high watermark of ${log} on ${name} went from ${replica.highWatermark} to ${highWatermark}`,
      );
    if (logStartOffset < replica.logStartOffset)
      this.#fail(
        `the start of ${log} on ${name} went from ${replica.logStartOffset} to ${logStartOffset}`,
      );
    if (highWatermark > logEndOffset)
      this.#fail(
        `the high watermark of ${log} on ${name} is ${highWatermark}, behind its end ${logEndOffset}`,
      );
    replica.highWatermark = highWatermark;
    replica.logStartOffset = logStartOffset;
    // A snapshot, or the leader's start, took the place of what had not been compared yet.
    if (logStartOffset > replica.cursor.offset)
      Object.assign(replica.cursor, cursorAt(node.disk, log, logStartOffset));
    try {
      this.#prefixes.check(
        id,
        name,
        { disk: node.disk, folder: log, epochs: own.epochs },
        replica.cursor,
        highWatermark,
      );
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    return true;
  }

  /** Nobody else leads that epoch, and who begins to lead has all that is committed. */
  #checkLeader(name: string, log: string, epoch: number, logEndOffset: number): void {
    const key = `${log} ${epoch}`;
    const leader = this.#leaders.get(key);
    if (leader === undefined) this.#leaders.set(key, name);
    else if (leader !== name) this.#fail(`${leader} and ${name} lead ${log} in epoch ${epoch}`);
    const committed = this.#prefixes.end(log);
    if (logEndOffset < committed)
      this.#fail(
        `${name} leads ${log} in epoch ${epoch} and ends at ${logEndOffset}; committed up to ${committed}`,
      );
  }

  /** Who counts as in sync and serves has all that is committed; unless it knows already that it does not count any more. */
  #checkIsr(leader: Member, partition: Partition, highWatermark: number): void {
    const { name: log, isr, partitionEpoch } = partition;
    for (const id of isr) {
      const member = this.#byId.get(id);
      if (member === undefined || member === leader || member.server === undefined) continue;
      const replica = member.parts?.broker?.replicas.partitionById(partition.topicId, partition.id);
      const end = replica?.log?.logEndOffset;
      if (replica === undefined || end === undefined || end >= highWatermark) continue;
      if (replica.partitionEpoch > partitionEpoch && !replica.isr.includes(id)) continue;
      this.#fail(
        `${member.name} is in the ISR of ${log} and ends at ${end}; committed up to ${highWatermark} by ${leader.name}`,
      );
    }
  }

  #lifeOf(member: Member, parts: ServerParts): Life {
    let life = this.#lives.get(member.name);
    if (life === undefined || life.parts !== parts) {
      life = {
        parts,
        quorumEpoch: -1,
        serves: false,
        replicas: new Map(),
        partitions: NO_PARTITIONS,
        seen: [],
      };
      this.#lives.set(member.name, life);
    }
    const serves = member.server !== undefined;
    if (serves && !life.serves) this.#doubt++;
    life.serves = serves;
    return life;
  }

  #fail(message: string): never {
    throw new InvariantError(message);
  }
}

/** Why not all replicas are in sync, as far as anybody knows; undefined when they are. */
export function notInSync(
  members: readonly Member[],
  replicationFactor: number,
): string | undefined {
  for (const { name, parts, server, isWanted } of members) {
    if (!isWanted) continue;
    if (server === undefined || parts === undefined) return `${name} does not serve`;
    for (const partition of parts.broker?.replicas.partitions() ?? []) {
      const { name: log, isr, replicas, leader } = partition;
      if (leader < 0) return `${log} has no leader, says ${name}`;
      if (isr.length < replicas.length)
        return `the ISR of ${log} is ${isr.join()} of ${replicas.join()}, says ${name}`;
      if (replicas.length !== replicationFactor)
        return `${log} is being moved: ${replicas.join()}, says ${name}`;
    }
  }
  return undefined;
}

/** Why the cluster is not whole yet; undefined when all replicas are in sync and have the same. */
export function notConverged(
  members: readonly Member[],
  replicationFactor: number,
): string | undefined {
  const why = notInSync(members, replicationFactor);
  if (why !== undefined) return why;
  const ends = new Map<string, number>();
  for (const { name, parts, isWanted } of members) {
    if (!isWanted) continue;
    for (const partition of parts?.broker?.replicas.partitions() ?? []) {
      const { name: log, logEndOffset, highWatermark } = partition;
      const end = ends.get(log) ?? logEndOffset;
      ends.set(log, end);
      if (end !== logEndOffset || highWatermark !== end)
        return `${log} on ${name} ends at ${logEndOffset}, committed to ${highWatermark}, elsewhere ${end}`;
    }
  }
  return undefined;
}
