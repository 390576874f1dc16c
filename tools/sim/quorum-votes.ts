// Nobody votes twice in an epoch: not in one life, and not over several as far as anybody has heard of the votes. A vote
// that neither was heard nor outlived its voter was never given: its disk may have refused it.
import type { QuorumNode } from '@ottla/raft';

/** What of a member's quorum node is looked at. */
export type VotingNode = Pick<QuorumNode['core'], 'self' | 'role' | 'electionState' | 'voters'>;

/** The vote that one life knows of. */
interface OwnVote {
  /** The role in which it was seen last: a vote is another one. */
  role: object | undefined;
  epoch: number;
  votedFor: number | undefined;
}

/** Votes of all replicas, over their lives. */
export class QuorumVotes {
  /** Who counts the vote, by `voter directory epoch`. */
  readonly #heard: Map<string, number> = new Map();
  /** By the life. */
  readonly #own: WeakMap<object, OwnVote> = new WeakMap();

  /** Why it does not hold; undefined when it does. @param core one object for each life of the member */
  check(name: string, core: VotingNode): string | undefined {
    let own = this.#own.get(core);
    if (own === undefined)
      this.#own.set(core, (own = { role: undefined, epoch: -1, votedFor: undefined }));
    if (own.role === core.role) return undefined;
    own.role = core.role;
    return checkOwn(name, core, own) ?? this.#checkHeard(core);
  }

  /** Of those who voted for this node, none is known to have voted for another one in that epoch. */
  #checkHeard({ self, role, voters }: VotingNode): string | undefined {
    if (role.role !== 'candidate' && role.role !== 'leader') return undefined;
    for (const voter of role.granted) {
      // Its own vote may not be on the disk yet; nobody is asked before.
      if (role.granted.size === 1 && voters.ids.length > 1) return undefined;
      const key = `${voter} ${voters.get(voter)?.directoryId} ${role.epoch}`;
      const before = this.#heard.get(key) ?? self.id;
      this.#heard.set(key, before);
      if (before !== self.id)
        return `${voter} has voted for ${before} and for ${self.id} in epoch ${role.epoch} of the quorum, as both have heard`;
    }
    return undefined;
  }
}

function checkOwn(name: string, core: VotingNode, own: OwnVote): string | undefined {
  const { epoch, votedFor } = core.electionState;
  // Who leads has voted for itself and says no more so.
  const id = core.role.role === 'leader' ? core.self.id : votedFor?.id;
  if (id === undefined) return undefined;
  const before = own.epoch === epoch ? (own.votedFor ?? id) : id;
  own.epoch = epoch;
  own.votedFor = before;
  return before === id
    ? undefined
    : `${name} has voted for ${before} and for ${id} in epoch ${epoch} of the quorum`;
}
