// What must hold of the metadata quorum, also while its voters change and its log is cut short by snapshots.
import type { QuorumNode } from '@ottla/raft';
import type { Member } from './member.ts';

interface Seen {
  highWatermark: number;
  logStartOffset: number;
  logEndOffset: number;
}

export class QuorumInvariants {
  /** How far the durable log of each replica was seen to reach, by node and directory: another disk is another replica. */
  readonly #ends: Map<string, number> = new Map();
  readonly #seen: WeakMap<QuorumNode, Seen> = new WeakMap();

  /** Why it does not hold; undefined when it does. */
  check(member: Member, node: QuorumNode): string | undefined {
    const { core, log } = node;
    const { id, directoryId } = core.self;
    let seen = this.#seen.get(node);
    if (seen === undefined) {
      seen = { highWatermark: -1, logStartOffset: 0, logEndOffset: -1 };
      this.#seen.set(node, seen);
    }
    const { endOffset } = log;
    if (endOffset !== seen.logEndOffset) {
      seen.logEndOffset = endOffset;
      this.#ends.set(`${id} ${directoryId}`, endOffset);
      this.#ends.set(`${id} ${ANY_DIRECTORY}`, endOffset);
    }
    return this.#checkSnapshot(member, node, seen) ?? this.#checkMajority(member, node, seen);
  }

  /** A log that begins later than at 0 begins where a snapshot ends, which is on the disk. */
  #checkSnapshot(member: Member, { log }: QuorumNode, seen: Seen): string | undefined {
    const { startOffset } = log;
    if (startOffset === 0) return undefined;
    const id = log.snapshots.find(({ offset }) => offset === startOffset);
    if (id === undefined)
      return `the metadata log of ${member.name} starts at ${startOffset}, and no snapshot ends there`;
    if (startOffset === seen.logStartOffset) return undefined;
    seen.logStartOffset = startOffset;
    if (member.node.disk.peek(log.snapshotPath(id), 0, 1) !== undefined) return undefined;
    return `the snapshot at the start of ${member.name}'s metadata log, ${startOffset}, is not on its disk`;
  }

  /** What a leader calls committed is on a majority of the voters, by the newest voters record or the one before it. */
  #checkMajority(member: Member, { core, log }: QuorumNode, seen: Seen): string | undefined {
    const { highWatermark, voters, role } = core;
    if (role.role !== 'leader' || highWatermark <= seen.highWatermark) return undefined;
    seen.highWatermark = highWatermark;
    const { previous } = log.voterHistory;
    for (const set of previous === undefined ? [voters] : [voters, previous]) {
      const have = set.voters.filter((voter) => this.#endOf(voter) >= highWatermark);
      if (have.length >= set.majority) return undefined;
    }
    return (
      `${member.name} commits the metadata log up to ${highWatermark}, which no majority of ${voters.ids.join()} has: ` +
      voters.voters.map((voter) => `${voter.id} ${this.#endOf(voter)}`).join(', ')
    );
  }

  #endOf({ id, directoryId }: { readonly id: number; readonly directoryId: string }): number {
    return this.#ends.get(`${id} ${directoryId}`) ?? -1;
  }
}

/** `ZERO_UUID`: static voters are known by their ids alone. */
const ANY_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Why the members do not agree on who leads and who votes; undefined when they do. */
export function notAgreed(members: readonly Member[]): string | undefined {
  let agreed: string | undefined;
  for (const { name, parts, isWanted } of members) {
    if (!isWanted || parts === undefined) continue;
    const { core } = parts.quorum;
    const voters = core.voters.voters.map(({ id, directoryId }) => `${id}/${directoryId}`).join();
    const said = `epoch ${core.epoch}, leader ${core.leaderId}, voters ${voters}`;
    if (core.leaderId === undefined) return `${name} knows no leader of the quorum`;
    if (agreed !== undefined && agreed !== said) return `${name} says ${said}; others ${agreed}`;
    agreed = said;
  }
  return undefined;
}
