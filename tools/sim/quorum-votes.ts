// Nobody votes twice in an epoch, in one life or in several.
import type { QuorumNode } from '@ottla/raft';

/** Votes of one replica, over its lives. */
export class QuorumVotes {
  /** Whom it voted for, by `node directory epoch`. */
  readonly #votes: Map<string, number> = new Map();
  /** The role in which each life was seen last: a vote is another one. */
  readonly #roles: WeakMap<QuorumNode, object> = new WeakMap();

  /** Why it does not hold; undefined when it does. */
  check(name: string, node: QuorumNode): string | undefined {
    const { core } = node;
    if (this.#roles.get(node) === core.role) return undefined;
    this.#roles.set(node, core.role);
    const { epoch, votedFor } = core.electionState;
    // Who leads has voted for itself and says no more so.
    const id = core.role.role === 'leader' ? core.self.id : votedFor?.id;
    if (id === undefined) return undefined;
    const key = `${core.self.id} ${core.self.directoryId} ${epoch}`;
    const before = this.#votes.get(key) ?? id;
    this.#votes.set(key, before);
    return before === id
      ? undefined
      : `${name} has voted for ${before} and for ${id} in epoch ${epoch} of the quorum`;
  }
}
