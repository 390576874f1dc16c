// What must hold after every event, of every server that the event happened to. A violation ends the run where it happened,
// long before a client could notice.
import type { ServerParts } from '../../apps/broker/test/server-parts.ts';
import { CommittedPrefixes, type Cursor } from './committed-prefix.ts';
import type { Member } from './member.ts';

const METADATA = '__cluster_metadata-0';

interface Replica {
  /** One that was given away and comes back is another one. */
  readonly log: object;
  readonly cursor: Cursor;
  highWatermark: number;
  logStartOffset: number;
  leaderEpoch: number;
}

/** What was seen of one life of one server. */
interface Life {
  readonly parts: ServerParts;
  quorumEpoch: number;
  readonly replicas: Map<string, Replica>;
}

export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export class Invariants {
  readonly #members: ReadonlyMap<string, Member>;
  readonly #lives: Map<string, Life> = new Map();
  readonly #prefixes = new CommittedPrefixes();
  /** Leaders by `log epoch`. */
  readonly #leaders: Map<string, string> = new Map();
  /** Members by node id. */
  readonly #byId: Map<number, Member> = new Map();
  checks = 0;

  constructor(members: readonly Member[]) {
    this.#members = new Map(members.map((member) => [member.name, member]));
    for (const member of members) this.#byId.set(member.nodeId, member);
  }

  /** @throws InvariantError */
  check(name: string): void {
    const member = this.#members.get(name);
    if (member?.parts === undefined || !member.node.isUp) return;
    this.checks++;
    const life = this.#lifeOf(member, member.parts);
    this.#checkQuorum(member, life);
    const { broker } = member.parts;
    if (broker === undefined) return;
    for (const partition of broker.replicas.partitions()) {
      const { log, name: logName } = partition;
      if (log === undefined) continue;
      const leads = partition.isLeader ? partition.leaderEpoch : undefined;
      const replica = this.#checkLog(member, life, logName, log, log, leads);
      if (partition.leaderEpoch < replica.leaderEpoch)
        this.#fail(
          `${name} went from leader epoch ${replica.leaderEpoch} of ${logName} to ${partition.leaderEpoch}`,
        );
      replica.leaderEpoch = partition.leaderEpoch;
      const stranger = partition.isr.find((id) => !partition.replicas.includes(id));
      if (stranger !== undefined)
        this.#fail(
          `broker ${stranger} is in the ISR of ${logName}, and no replica of it, says ${name}`,
        );
      if (leads !== undefined) this.#checkIsr(member, logName, partition.isr, log.highWatermark);
    }
  }

  #checkQuorum(member: Member, life: Life): void {
    const { core, log } = life.parts.quorum;
    if (core.epoch < life.quorumEpoch)
      this.#fail(`${member.name} went from quorum epoch ${life.quorumEpoch} to ${core.epoch}`);
    life.quorumEpoch = core.epoch;
    const leads = core.role.role === 'leader' ? core.epoch : undefined;
    const { startOffset, endOffset } = log;
    const { highWatermark } = core;
    const view = { logStartOffset: startOffset, logEndOffset: endOffset, highWatermark };
    this.#checkLog(member, life, METADATA, log, view, leads);
  }

  #checkLog(
    member: Member,
    life: Life,
    log: string,
    identity: object,
    view: {
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly highWatermark: number;
    },
    leads: number | undefined,
  ): Replica {
    const { logStartOffset, logEndOffset, highWatermark } = view;
    let replica = life.replicas.get(log);
    if (replica?.log !== identity) {
      const cursor = { segmentBase: logStartOffset, position: 0, offset: logStartOffset };
      replica = { log: identity, cursor, highWatermark: -1, logStartOffset, leaderEpoch: -1 };
      life.replicas.set(log, replica);
    }
    const { name } = member;
    if (leads !== undefined) this.#checkLeader(name, log, leads);
    if (highWatermark === replica.highWatermark && logStartOffset === replica.logStartOffset)
      return replica;
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
    try {
      this.#prefixes.check(log, name, member.node.disk, replica.cursor, highWatermark);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    return replica;
  }

  #checkLeader(name: string, log: string, epoch: number): void {
    const key = `${log} ${epoch}`;
    const leader = this.#leaders.get(key);
    if (leader === undefined) this.#leaders.set(key, name);
    else if (leader !== name) this.#fail(`${leader} and ${name} lead ${log} in epoch ${epoch}`);
  }

  /** Who counts as in sync and serves has all that is committed. */
  #checkIsr(leader: Member, log: string, isr: readonly number[], highWatermark: number): void {
    for (const id of isr) {
      const member = this.#byId.get(id);
      if (member === undefined || member === leader || member.server === undefined) continue;
      const replica = this.#endOf(member, log);
      if (replica !== undefined && replica < highWatermark)
        this.#fail(
          `${member.name} is in the ISR of ${log} and ends at ${replica}; committed up to ${highWatermark} by ${leader.name}`,
        );
    }
  }

  #endOf(member: Member, log: string): number | undefined {
    for (const partition of member.parts?.broker?.replicas.partitions() ?? [])
      if (partition.name === log) return partition.log?.logEndOffset;
    return undefined;
  }

  #lifeOf(member: Member, parts: ServerParts): Life {
    let life = this.#lives.get(member.name);
    if (life === undefined || life.parts !== parts) {
      life = { parts, quorumEpoch: -1, replicas: new Map() };
      this.#lives.set(member.name, life);
    }
    return life;
  }

  #fail(message: string): never {
    throw new InvariantError(message);
  }
}

/** Why the cluster is not whole yet; undefined when all replicas are in sync and have the same. */
export function notConverged(
  members: readonly Member[],
  replicationFactor: number,
): string | undefined {
  const ends = new Map<string, number>();
  for (const { name, parts, server } of members) {
    if (server === undefined || parts === undefined) return `${name} does not serve`;
    for (const partition of parts.broker?.replicas.partitions() ?? []) {
      const { name: log, isr, replicas, logEndOffset, highWatermark, leader } = partition;
      if (leader < 0) return `${log} has no leader, says ${name}`;
      if (isr.length < replicas.length)
        return `the ISR of ${log} is ${isr.join()} of ${replicas.join()}, says ${name}`;
      if (replicas.length !== replicationFactor)
        return `${log} is being moved: ${replicas.join()}, says ${name}`;
      const end = ends.get(log) ?? logEndOffset;
      ends.set(log, end);
      if (end !== logEndOffset || highWatermark !== end)
        return `${log} on ${name} ends at ${logEndOffset}, committed to ${highWatermark}, elsewhere ${end}`;
    }
  }
  return undefined;
}
