// From which replica a consumer should read: one in its own rack, when the leader is not there (KIP-392). Only replicas in
// sync count, for another might stay behind. Kafka: ReplicaManager.findPreferredReadReplica, RackAwareReplicaSelector.
import type { MetadataImage } from '@ottla/metadata';
import type { Partition } from '../replica/partition.ts';
import { nodeEndpoint } from './leader-hints.ts';

/** Who fetches, as far as it matters. */
export interface ReadingClient {
  /** '' when it does not say. */
  readonly rackId: string;
  /** Of the connection: the replica must be reachable there. */
  readonly listenerName: string;
}

/** Names under which the one selector is known. */
const RACK_AWARE: ReadonlySet<string> = new Set([
  'RackAwareReplicaSelector',
  'org.apache.kafka.common.replica.RackAwareReplicaSelector',
]);

/** Whether `replica.selector.class` asks for the replica in the client's rack. */
export function selectsByRack(selectorClass: string | null): boolean {
  return selectorClass !== null && RACK_AWARE.has(selectorClass);
}

/** The broker to read from, −1 for the leader. @param partition led by this broker */
export function preferredReadReplica(
  image: MetadataImage,
  partition: Partition,
  { rackId, listenerName }: ReadingClient,
  fetchOffset: number,
): number {
  const { brokers } = image.cluster;
  if (rackId === '' || brokers.get(partition.leader)?.rack === rackId) return -1;
  let best = -1;
  let bestEnd = -1;
  let bestCaughtUp = -Infinity;
  for (const id of partition.isr) {
    const progress = partition.progress(id);
    if (progress === undefined || brokers.get(id)?.rack !== rackId) continue;
    const { logEndOffset, logStartOffset, caughtUpMs } = progress;
    if (logEndOffset < fetchOffset || logStartOffset > fetchOffset) continue;
    if (nodeEndpoint(image, id, listenerName) === undefined) continue;
    const isBetter =
      logEndOffset > bestEnd || (logEndOffset === bestEnd && caughtUpMs > bestCaughtUp);
    if (!isBetter) continue;
    best = id;
    bestEnd = logEndOffset;
    bestCaughtUp = caughtUpMs;
  }
  return best;
}
