// Requests about leaders, replicas, features and members of the cluster that failed as a whole. Brokers and controllers
// answer alike. Kafka: the `getErrorResponse` of each request class.

import { ErrorCode } from '@ottla/protocol';
import {
  alterPartitionReassignmentsResponse,
  createReassignablePartitionResponse,
  createReassignableTopicResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import {
  createPartitionResult,
  createReplicaElectionResult,
  electLeadersResponse,
} from '@ottla/protocol/messages/elect-leaders';
import type {
  ElectLeadersRequest,
  ElectLeadersResponse,
} from '@ottla/protocol/messages/elect-leaders';
import { listPartitionReassignmentsResponse } from '@ottla/protocol/messages/list-partition-reassignments';
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import { unregisterBrokerResponse } from '@ottla/protocol/messages/unregister-broker';
import type {
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import { updateFeaturesResponse } from '@ottla/protocol/messages/update-features';
import type {
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';

/** Version 0 of ElectLeaders has no error of its own: each partition says it. */
export function failedElectLeaders(
  { topicPartitions }: ElectLeadersRequest,
  version: number,
  errorCode: number,
  errorMessage: string,
): ElectLeadersResponse {
  const replicaElectionResults = (topicPartitions ?? []).map(({ topic, partitions }) =>
    createReplicaElectionResult({
      topic,
      partitionResult: partitions.map((partitionId) =>
        createPartitionResult({ partitionId, errorCode, errorMessage }),
      ),
    }),
  );
  return electLeadersResponse.create({
    errorCode: version === 0 ? ErrorCode.NONE : errorCode,
    replicaElectionResults,
  });
}

/** Every partition failed. */
export function failedAlterReassignments(
  { topics }: AlterPartitionReassignmentsRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): AlterPartitionReassignmentsResponse {
  const responses = topics.map(({ name, partitions }) =>
    createReassignableTopicResponse({
      name,
      partitions: partitions.map(({ partitionIndex }) =>
        createReassignablePartitionResponse({ partitionIndex, errorCode, errorMessage }),
      ),
    }),
  );
  return alterPartitionReassignmentsResponse.create({ errorCode, errorMessage, responses });
}

/** The whole response is the error. */
export function failedListReassignments(
  _request: ListPartitionReassignmentsRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): ListPartitionReassignmentsResponse {
  return listPartitionReassignmentsResponse.create({ errorCode, errorMessage });
}

/** The whole response is the error. */
export function failedUpdateFeatures(
  _request: UpdateFeaturesRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): UpdateFeaturesResponse {
  return updateFeaturesResponse.create({ errorCode, errorMessage });
}

/** The whole response is the error. */
export function failedUnregisterBroker(
  _request: UnregisterBrokerRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): UnregisterBrokerResponse {
  return unregisterBrokerResponse.create({ errorCode, errorMessage });
}
