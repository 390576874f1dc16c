// Where replicas live and which of them leads: elections, reassignments, brokers that leave for good. Any broker forwards
// these to the active controller. Kafka: KafkaAdminClient; KIP-455 (reassignment), KIP-460 (elections), KIP-500 (unregister).
import { ErrorCode } from '@ottla/protocol';
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/alter-partition-reassignments';
import { electLeadersRequest, electLeadersResponse } from '@ottla/protocol/messages/elect-leaders';
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from '@ottla/protocol/messages/list-partition-reassignments';
import {
  unregisterBrokerRequest,
  unregisterBrokerResponse,
} from '@ottla/protocol/messages/unregister-broker';
import { byTopic } from '../consumer/by-topic.ts';
import { BrokerError, throwOnError } from '../errors.ts';
import type { BrokerCall } from './broker-call.ts';

const ELECT = { request: electLeadersRequest, response: electLeadersResponse };
const ALTER = {
  request: alterPartitionReassignmentsRequest,
  response: alterPartitionReassignmentsResponse,
};
const LIST = {
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse,
};
const UNREGISTER = { request: unregisterBrokerRequest, response: unregisterBrokerResponse };
const DEFAULT_TIMEOUT_MS = 30_000;
/** Wire values of `electionType`. */
const ELECTION_TYPES = { preferred: 0, unclean: 1 } as const;

/** A partition by name. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** What became of one partition's election. */
export interface ElectionResult extends PartitionName {
  /** Undefined when the leader was elected; `ELECTION_NOT_NEEDED` when it led already. */
  readonly error: BrokerError | undefined;
}

/** Where a partition shall live. */
export interface PartitionReassignment extends PartitionName {
  /** The preferred leader first; null cancels a reassignment that is under way. */
  readonly replicas: readonly number[] | null;
}

/** A reassignment that is under way. */
export interface OngoingReassignment extends PartitionName {
  /** All replicas now, those that come and those that go included. */
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

export class AdminReplicas {
  readonly #call: BrokerCall;

  constructor(call: BrokerCall) {
    this.#call = call;
  }

  /**
   * Elects leaders: the preferred replica, or with `unclean` any that lives where no in-sync one does (records may be lost).
   *
   * @param partitions default: all that need it
   * @returns one result for each partition that was asked for, or that was changed
   */
  readonly electLeaders = async (
    type: 'preferred' | 'unclean',
    partitions?: readonly PartitionName[],
    options: { timeoutMs?: number } = {},
  ): Promise<ElectionResult[]> => {
    const request = electLeadersRequest.create({
      electionType: ELECTION_TYPES[type],
      topicPartitions:
        partitions === undefined
          ? null
          : byTopic(partitions).map(([topic, of]) => ({
              topic,
              partitions: of.map(({ partition }) => partition),
            })),
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
    const response = await this.#call('electing leaders', async (connection) => {
      const answer = await connection.send(ELECT, request);
      throwOnError(answer.errorCode);
      return answer;
    });
    return response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => ({
        topic,
        partition,
        error:
          errorCode === ErrorCode.NONE
            ? undefined
            : new BrokerError(errorCode, errorMessage, { topic, partition }),
      })),
    );
  };

  /**
   * Starts, changes or cancels reassignments. Returns when they are begun, not when they are done.
   *
   * @throws BrokerError of the first partition that is refused: `INVALID_REPLICA_ASSIGNMENT`,
   *   `NO_REASSIGNMENT_IN_PROGRESS` …; the others are begun all the same
   */
  readonly alterReassignments = async (
    reassignments: readonly PartitionReassignment[],
    options: { timeoutMs?: number } = {},
  ): Promise<void> => {
    const request = alterPartitionReassignmentsRequest.create({
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      topics: byTopic(reassignments).map(([name, of]) => ({
        name,
        partitions: of.map(({ partition, replicas }) => ({
          partitionIndex: partition,
          replicas: replicas === null ? null : [...replicas],
        })),
      })),
    });
    await this.#call('reassigning partitions', async (connection) => {
      const { errorCode, errorMessage, responses } = await connection.send(ALTER, request);
      throwOnError(errorCode, errorMessage);
      for (const { name: topic, partitions } of responses)
        for (const { partitionIndex: partition, errorCode, errorMessage } of partitions)
          throwOnError(errorCode, errorMessage, { topic, partition });
    });
  };

  /** Reassignments under way. @param partitions default: all */
  readonly listReassignments = async (
    partitions?: readonly PartitionName[],
    options: { timeoutMs?: number } = {},
  ): Promise<OngoingReassignment[]> => {
    const request = listPartitionReassignmentsRequest.create({
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      topics:
        partitions === undefined
          ? null
          : byTopic(partitions).map(([name, of]) => ({
              name,
              partitionIndexes: of.map(({ partition }) => partition),
            })),
    });
    const response = await this.#call('listing reassignments', async (connection) => {
      const answer = await connection.send(LIST, request);
      throwOnError(answer.errorCode, answer.errorMessage);
      return answer;
    });
    return response.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
        topic,
        partition: partitionIndex,
        replicas,
        addingReplicas,
        removingReplicas,
      })),
    );
  };

  /** Forgets a broker that will not come back. @throws BrokerError `BROKER_ID_NOT_REGISTERED` */
  readonly unregisterBroker = async (nodeId: number): Promise<void> => {
    const request = unregisterBrokerRequest.create({ brokerId: nodeId });
    await this.#call(`unregistering broker ${nodeId}`, async (connection) => {
      const { errorCode, errorMessage } = await connection.send(UNREGISTER, request);
      throwOnError(errorCode, errorMessage);
    });
  };
}
