// What the leader of a generation does: look up the partitions of everything that is subscribed, and let the assignor share
// them. It remembers what it saw, because a topic that grows later makes its shares outdated. Kafka: ConsumerCoordinator.
import type { JoinGroupResponse } from '@ottla/protocol/messages/join-group';
import { ASKED_WHEN_MISSING, type Cluster } from '../connection/cluster.ts';
import { BrokerError, KafkaError } from '../errors.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { withRetries } from '../retry.ts';
import { type Assignor, type MemberAssignment, subscribedTopics } from './assignor.ts';
import { decodeSubscription, type Subscription, type TopicPartition } from './consumer-protocol.ts';
import { commonProtocol } from './membership-machine.ts';

const NOTHING: ReadonlyMap<string, MemberAssignment> = new Map();

export class LeaderTask {
  readonly #cluster: Cluster;
  /** Partitions by topic when they were shared. */
  #seen = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Everything that the group reads; empty when another member leads. */
  get topics(): readonly string[] {
    return [...this.#seen.keys()];
  }

  /** Another member leads; it has no shares to send. */
  isFollower(): ReadonlyMap<string, MemberAssignment> {
    this.#seen = new Map();
    return NOTHING;
  }

  /** Whether cached metadata differs from what was shared. */
  isOutdated(): boolean {
    const { topics } = this.#cluster.metadata;
    return [...this.#seen].some(([name, count]) => {
      const topic = topics.get(name);
      return topic !== undefined && topic.errorCode === 0 && topic.partitions.length !== count;
    });
  }

  /** @throws whatever the assignor throws; KafkaError `INCONSISTENT_ASSIGNMENT` when it breaks the cooperative rule */
  async share(
    joined: JoinGroupResponse,
    assignor: Assignor,
    assignors: readonly Assignor[],
  ): Promise<ReadonlyMap<string, MemberAssignment>> {
    const members = new Map(
      joined.members.map(({ memberId, groupInstanceId, metadata }) => [
        memberId,
        decodeSubscription(metadata, groupInstanceId) ?? nothingWanted(groupInstanceId),
      ]),
    );
    const topics = subscribedTopics({ members });
    const { options } = this.#cluster;
    const cluster = await withRetries(
      options,
      'looking up the topics of the group',
      options.defaultApiTimeoutMs,
      (attempt) => this.#refresh(topics, attempt),
      this.#cluster.closing,
    );
    const partitionCounts = new Map<string, number>();
    for (const name of topics) {
      const topic = cluster.topics.get(name);
      const count = topic === undefined || topic.errorCode !== 0 ? 0 : topic.partitions.length;
      this.#seen.set(name, count);
      if (count > 0) partitionCounts.set(name, count);
    }
    for (const name of this.#seen.keys()) if (!topics.includes(name)) this.#seen.delete(name);
    // A static leader that comes back goes on with what the group has.
    if (joined.skipAssignment) return NOTHING;
    const shares = await assignor.assign({ members, partitionCounts, cluster });
    // Kafka's own is known to keep the rule, and may take from members whose claims are old.
    if (commonProtocol(assignors) === 'cooperative' && assignor.name !== 'cooperative-sticky')
      checkCooperative(members, shares, assignor.name);
    return shares;
  }

  /** A broker that is behind may not know a topic: who read it would lose it for one answer. */
  async #refresh(topics: readonly string[], attempt: number): Promise<ClusterMetadata> {
    const metadata = await this.#cluster.refresh(topics, true);
    if (attempt < ASKED_WHEN_MISSING)
      for (const topic of topics) {
        const errorCode = metadata.topics.get(topic)?.errorCode ?? 0;
        const error = new BrokerError(errorCode, undefined, { topic });
        if (errorCode !== 0 && error.retriable) throw error;
      }
    return metadata;
  }
}

/** Under the cooperative protocol nothing may be given to one member while another still has it. */
function checkCooperative(
  members: ReadonlyMap<string, Subscription>,
  shares: ReadonlyMap<string, MemberAssignment>,
  name: string,
): void {
  const owners = new Map<string, string>();
  for (const [id, { ownedPartitions }] of members)
    for (const target of ownedPartitions) owners.set(keyOf(target), id);
  for (const [id, { partitions }] of shares)
    for (const target of partitions) {
      const owner = owners.get(keyOf(target));
      const isKept =
        owner === undefined ||
        owner === id ||
        // Claimed by two, of which this one is right.
        members.get(id)?.ownedPartitions.some((owned) => keyOf(owned) === keyOf(target)) === true;
      if (!isKept)
        throw new KafkaError(
          'INCONSISTENT_ASSIGNMENT',
          `the cooperative assignor '${name}' gave ${keyOf(target)} to ${id} while ${owner} has it`,
          false,
        );
    }
}

function nothingWanted(groupInstanceId: string | null): Subscription {
  return {
    topics: [],
    ownedPartitions: [],
    generationId: -1,
    userData: null,
    groupInstanceId,
    rackId: null,
  };
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
