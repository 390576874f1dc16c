// Admin requests that failed as a whole: the code and the message in every item that was asked for. Brokers and
// controllers answer alike. Kafka: the `getErrorResponse` of each request class.

import {
  createCreatableTopicResult,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import type {
  CreateTopicsRequest,
  CreateTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import {
  createDeletableTopicResult,
  deleteTopicsResponse,
} from '@ottla/protocol/messages/delete-topics';
import type {
  DeleteTopicsRequest,
  DeleteTopicsResponse,
} from '@ottla/protocol/messages/delete-topics';
import { createPartitionsResponse } from '@ottla/protocol/messages/create-partitions';
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import { alterConfigsResponse } from '@ottla/protocol/messages/alter-configs';
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '@ottla/protocol/messages/alter-configs';
import { incrementalAlterConfigsResponse } from '@ottla/protocol/messages/incremental-alter-configs';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import { describeQuorumResponse } from '@ottla/protocol/messages/describe-quorum';
import type {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';

/** From here on topics are deleted by name or by id, in `topics`. */
const DELETE_BY_ID_VERSION_MIN = 6;

/** Every topic failed. */
export function failedCreateTopics(
  request: CreateTopicsRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): CreateTopicsResponse {
  const topics = request.topics.map(({ name }) =>
    createCreatableTopicResult({ name, errorCode, errorMessage }),
  );
  return createTopicsResponse.create({ topics });
}

/** Every topic failed. */
export function failedDeleteTopics(
  request: DeleteTopicsRequest,
  version: number,
  errorCode: number,
  errorMessage: string,
): DeleteTopicsResponse {
  const responses =
    version >= DELETE_BY_ID_VERSION_MIN
      ? request.topics.map(({ name, topicId }) =>
          createDeletableTopicResult({ name, topicId, errorCode, errorMessage }),
        )
      : request.topicNames.map((name) =>
          createDeletableTopicResult({ name, errorCode, errorMessage }),
        );
  return deleteTopicsResponse.create({ responses });
}

/** Every topic failed. */
export function failedCreatePartitions(
  request: CreatePartitionsRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): CreatePartitionsResponse {
  const results = request.topics.map(({ name }) => ({ name, errorCode, errorMessage }));
  return createPartitionsResponse.create({ results });
}

/** Every resource failed. */
export function failedAlterConfigs(
  request: AlterConfigsRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): AlterConfigsResponse {
  const responses = request.resources.map(({ resourceType, resourceName }) => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
  }));
  return alterConfigsResponse.create({ responses });
}

/** Every resource failed. */
export function failedIncrementalAlterConfigs(
  request: IncrementalAlterConfigsRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): IncrementalAlterConfigsResponse {
  const responses = request.resources.map(({ resourceType, resourceName }) => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
  }));
  return incrementalAlterConfigsResponse.create({ responses });
}

/** The whole response is the error. */
export function failedDescribeQuorum(
  _request: DescribeQuorumRequest,
  _version: number,
  errorCode: number,
  errorMessage: string,
): DescribeQuorumResponse {
  return describeQuorumResponse.create({ errorCode, errorMessage });
}
