// What the commands of `ottla cluster` look at: brokers, quorum, and where every replica is.
import type {
  Admin,
  ClusterDescription,
  OngoingReassignment,
  QuorumDescription,
  TopicMetadata,
} from '@ottla/client';
import type { Place, PlacedPartition } from './placement.ts';

export interface ClusterState {
  readonly cluster: ClusterDescription;
  /** Undefined where the cluster does not tell, as before Kafka 3.3. */
  readonly quorum: QuorumDescription | undefined;
  readonly topics: readonly TopicMetadata[];
  /** Moves under way. */
  readonly reassigning: readonly OngoingReassignment[];
}

/** What any broker knows. */
type KnownToBrokers = Pick<ClusterState, 'cluster' | 'topics'>;
/** What only the active controller knows. */
type KnownToController = Pick<ClusterState, 'quorum' | 'reassigning'>;

/** Asks the cluster. */
export async function clusterState(admin: Admin): Promise<ClusterState> {
  const [brokers, controller] = await Promise.all([askBroker(admin), askController(admin)]);
  return { ...brokers, ...controller };
}

/** What can be known without an active controller: what a broker knew last. */
export interface LastKnownState extends ClusterState {
  readonly hasController: boolean;
}

/** As `clusterState`, also where no active controller answers. */
export async function lastKnownState(admin: Admin): Promise<LastKnownState> {
  const [brokers, controller] = await Promise.all([
    askBroker(admin),
    unless('REQUEST_TIMED_OUT', askController(admin)),
  ]);
  const known = controller ?? { quorum: undefined, reassigning: [] };
  return { ...brokers, ...known, hasController: controller !== undefined };
}

async function askBroker(admin: Admin): Promise<KnownToBrokers> {
  const [cluster, topics] = await Promise.all([
    admin.describeCluster({ includeFencedBrokers: true }),
    admin.describeTopics(undefined),
  ]);
  return { cluster, topics };
}

async function askController(admin: Admin): Promise<KnownToController> {
  const [quorum, reassigning] = await Promise.all([
    unless('UNSUPPORTED_VERSION', admin.describeQuorum()),
    unless('UNSUPPORTED_VERSION', admin.listPartitionReassignments()),
  ]);
  return { quorum, reassigning: reassigning ?? [] };
}

/** Every partition with its replicas. */
export function placements(topics: readonly TopicMetadata[]): PlacedPartition[] {
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition, replicas }) => ({ topic, partition, replicas })),
  );
}

/** Brokers that can take replicas. */
export function placesOf({ cluster }: ClusterState): Place[] {
  return cluster.brokers.filter(({ isFenced }) => !isFenced);
}

async function unless<T>(code: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === code) return undefined;
    throw error;
  }
}
