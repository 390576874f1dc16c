// Where quorum members are reached: the voters say, answers name the leader (nodeEndpoints), and the configuration names
// controllers to ask as long as nobody else does. Kafka: RequestManager's bootstrap servers, LeaderEndpoints.
import { ZERO_UUID } from '@ottla/protocol';
import type { QuorumEndpoint, Voter, VoterSet } from '../replica.ts';

/** As they stand in answers: without the listener's name. */
export interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** Id of the first bootstrap server; the others' count down. Real ids are not negative. */
const BOOTSTRAP_ID = -2;
/** Nodes that only answers have named; more than these are forgotten, the oldest first. */
const LEARNED_MAX = 64;

export class KnownNodes {
  readonly #voters: () => VoterSet;
  readonly #bootstrap: readonly Voter[];
  readonly #learned = new Map<number, Voter>();

  /** @param voters the newest ones */
  constructor(voters: () => VoterSet, bootstrapServers: readonly QuorumEndpoint[] = []) {
    this.#voters = voters;
    this.#bootstrap = bootstrapServers.map((endpoint, index) => ({
      id: BOOTSTRAP_ID - index,
      directoryId: ZERO_UUID,
      endpoints: [endpoint],
    }));
  }

  /** Takes in where an answer said that nodes are. */
  learn(endpoints: readonly NodeEndpoint[]): void {
    for (const { nodeId, host, port } of endpoints) {
      this.#learned.delete(nodeId);
      this.#learned.set(nodeId, {
        id: nodeId,
        directoryId: ZERO_UUID,
        endpoints: [{ name: '', host, port }],
      });
      const [oldest] = this.#learned.keys();
      if (this.#learned.size > LEARNED_MAX && oldest !== undefined) this.#learned.delete(oldest);
    }
  }

  /** A node by its id, as the voters have it, else as answers named it; undefined when nobody told where it is. */
  get(id: number): Voter | undefined {
    const voter = this.#voters().get(id);
    return voter !== undefined && voter.endpoints.length > 0 ? voter : this.#learned.get(id);
  }

  /** Whom to ask who leads: the voters but this node and those whose place is unknown, and the bootstrap servers. */
  others(selfId: number): readonly Voter[] {
    const reachable = this.#voters()
      .without(selfId)
      .filter(({ endpoints }) => endpoints.length > 0);
    return [...reachable, ...this.#bootstrap];
  }
}
