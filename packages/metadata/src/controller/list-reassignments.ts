// ListPartitionReassignments: which replicas are on the move. Kafka: ReplicationControlManager.listPartitionReassignments.
import { ErrorCode } from '@ottla/protocol';
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import type { TopicImage } from '../image/metadata-image.ts';
import type { DecisionScope } from './decision-scope.ts';
import type { ControllerResult } from './operations.ts';
import { isReassigning } from './reassignment.ts';

type OngoingTopic = ListPartitionReassignmentsResponse['topics'][number];

/** Answers a ListPartitionReassignments request; topics and partitions at rest, or unknown, are left out. */
export function listPartitionReassignments(
  { image }: DecisionScope,
  request: ListPartitionReassignmentsRequest,
): ControllerResult<ListPartitionReassignmentsResponse> {
  const topics: OngoingTopic[] = [];
  const add = (topic: TopicImage | undefined, partitionIds: Iterable<number>): void => {
    if (topic === undefined) return;
    const partitions = ongoing(topic, partitionIds);
    if (partitions.length > 0) topics.push({ name: topic.name, partitions });
  };
  if (request.topics === null) {
    for (const topic of image.topics.byName.values()) add(topic, topic.partitions.keys());
  } else {
    for (const { name, partitionIndexes } of request.topics) {
      add(image.topics.byName.get(name), partitionIndexes);
    }
  }
  const response = { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, topics };
  return { records: [], response };
}

function ongoing(topic: TopicImage, partitionIds: Iterable<number>): OngoingTopic['partitions'] {
  const partitions: OngoingTopic['partitions'] = [];
  for (const partitionIndex of partitionIds) {
    const partition = topic.partitions[partitionIndex];
    if (partition === undefined || !isReassigning(partition)) continue;
    partitions.push({
      partitionIndex,
      replicas: [...partition.replicas],
      addingReplicas: [...partition.addingReplicas],
      removingReplicas: [...partition.removingReplicas],
    });
  }
  return partitions;
}
