// The metadata quorum and the feature levels of a cluster: who votes, how far each is, and changing either. Any broker
// forwards these to the active controller. Kafka: KafkaAdminClient; KIP-595 (describe), KIP-853 (voters), KIP-584 (features).
import { ErrorCode, type Uuid } from '@ottla/protocol';
import { addRaftVoterRequest, addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import {
  describeQuorumRequest,
  describeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import type { ReplicaState } from '@ottla/protocol/messages/describe-quorum';
import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import {
  updateFeaturesRequest,
  updateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import { BrokerError, throwOnError } from '../errors.ts';
import type { BrokerCall } from './broker-call.ts';

const DESCRIBE = { request: describeQuorumRequest, response: describeQuorumResponse };
const ADD_VOTER = { request: addRaftVoterRequest, response: addRaftVoterResponse };
const REMOVE_VOTER = { request: removeRaftVoterRequest, response: removeRaftVoterResponse };
const API_VERSIONS = { request: apiVersionsRequest, response: apiVersionsResponse };
const UPDATE_FEATURES = { request: updateFeaturesRequest, response: updateFeaturesResponse };
const METADATA_TOPIC = '__cluster_metadata';
const DEFAULT_TIMEOUT_MS = 30_000;

/** How far one member of the quorum has replicated the metadata log. */
export interface QuorumReplica {
  readonly nodeId: number;
  readonly directoryId: Uuid;
  /** Exclusive; −1 while not known. */
  readonly logEndOffset: number;
  /** Milliseconds since 1970; −1 while not known. */
  readonly lastFetchTimestamp: number;
  /** When it last had all that the leader had; milliseconds since 1970, −1 while not known. */
  readonly lastCaughtUpTimestamp: number;
}

/** The metadata quorum as its leader sees it. */
export interface QuorumDescription {
  /** The active controller; −1 while there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** Exclusive. */
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  /** Brokers, and controllers that do not vote. */
  readonly observers: readonly QuorumReplica[];
  /** Where voters listen; empty where the broker does not tell (before Kafka 3.9). */
  readonly nodes: readonly {
    readonly nodeId: number;
    readonly listeners: readonly QuorumListener[];
  }[];
}

/** Where a controller is reached. */
export interface QuorumListener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A controller to add to the voters. */
export interface NewVoter {
  readonly nodeId: number;
  readonly directoryId: Uuid;
  readonly listeners: readonly QuorumListener[];
}

/** What a cluster's features are at, and what the broker that was asked could do. */
export interface FeaturesDescription {
  /** The offset of the metadata log at which the levels were read; −1 while not known. */
  readonly finalizedEpoch: number;
  /** Level by feature; what is not named is at 0. */
  readonly finalized: ReadonlyMap<string, number>;
  readonly supported: ReadonlyMap<string, { readonly min: number; readonly max: number }>;
}

/** A feature to move to a level. */
export interface FeatureUpdate {
  readonly feature: string;
  /** 0 turns it off. */
  readonly level: number;
  /** Default `upgrade`. An unsafe downgrade may lose metadata of the newer level. */
  readonly type?: 'upgrade' | 'safe_downgrade' | 'unsafe_downgrade';
}

const UPGRADE_TYPES = { upgrade: 1, safe_downgrade: 2, unsafe_downgrade: 3 } as const;

/** Software name and version have to look like such; nobody reads them here. */
const SOFTWARE = { clientSoftwareName: 'ottla-client', clientSoftwareVersion: '1' };

export class AdminQuorum {
  readonly #call: BrokerCall;

  constructor(call: BrokerCall) {
    this.#call = call;
  }

  /** Voters and observers of the metadata quorum. */
  readonly describe = async (): Promise<QuorumDescription> => {
    const request = describeQuorumRequest.create({
      topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }],
    });
    const { partition, nodes } = await this.#call('describing the quorum', async (connection) => {
      const response = await connection.send(DESCRIBE, request);
      throwOnError(response.errorCode, response.errorMessage);
      const partition = response.topics[0]?.partitions[0];
      if (partition === undefined)
        throw new BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null);
      throwOnError(partition.errorCode, partition.errorMessage);
      return { partition, nodes: response.nodes };
    });
    return {
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      highWatermark: partition.highWatermark,
      voters: partition.currentVoters.map(replica),
      observers: partition.observers.map(replica),
      nodes: nodes.map(({ nodeId, listeners }) => ({
        nodeId,
        listeners: listeners.map(({ name, host, port }) => ({ name, host, port })),
      })),
    };
  };

  /**
   * Makes an observer a voter, when it has caught up (KIP-853; needs `kraft.version` 1).
   *
   * @throws BrokerError `DUPLICATE_VOTER`, `REQUEST_TIMED_OUT` when it does not catch up, `INVALID_REQUEST`
   */
  readonly addVoter = async (
    voter: NewVoter,
    options: { timeoutMs?: number; clusterId?: string } = {},
  ): Promise<void> => {
    const request = addRaftVoterRequest.create({
      clusterId: options.clusterId ?? null,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      voterId: voter.nodeId,
      voterDirectoryId: voter.directoryId,
      listeners: voter.listeners.map(({ name, host, port }) => ({ name, host, port })),
    });
    await this.#call(`adding voter ${voter.nodeId}`, async (connection) => {
      const { errorCode, errorMessage } = await connection.send(ADD_VOTER, request);
      throwOnError(errorCode, errorMessage);
    });
  };

  /** Takes a voter out of the quorum. @throws BrokerError `VOTER_NOT_FOUND`, `INVALID_REQUEST` for the last one */
  readonly removeVoter = async (
    voter: Pick<NewVoter, 'nodeId' | 'directoryId'>,
    options: { clusterId?: string } = {},
  ): Promise<void> => {
    const request = removeRaftVoterRequest.create({
      clusterId: options.clusterId ?? null,
      voterId: voter.nodeId,
      voterDirectoryId: voter.directoryId,
    });
    await this.#call(`removing voter ${voter.nodeId}`, async (connection) => {
      const { errorCode, errorMessage } = await connection.send(REMOVE_VOTER, request);
      throwOnError(errorCode, errorMessage);
    });
  };

  /** Feature levels, as one broker knows them. */
  readonly describeFeatures = async (): Promise<FeaturesDescription> => {
    const response = await this.#call('describing features', async (connection) => {
      const answer = await connection.send(API_VERSIONS, apiVersionsRequest.create(SOFTWARE));
      throwOnError(answer.errorCode);
      return answer;
    });
    return {
      finalizedEpoch: response.finalizedFeaturesEpoch,
      finalized: new Map(
        response.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
      ),
      supported: new Map(
        response.supportedFeatures.map(({ name, minVersion, maxVersion }) => [
          name,
          { min: minVersion, max: maxVersion },
        ]),
      ),
    };
  };

  /** Moves features to other levels, all or none. @throws BrokerError `INVALID_UPDATE_VERSION`, `FEATURE_UPDATE_FAILED` */
  readonly updateFeatures = async (
    updates: readonly FeatureUpdate[],
    options: { validateOnly?: boolean; timeoutMs?: number } = {},
  ): Promise<void> => {
    const request = updateFeaturesRequest.create({
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      validateOnly: options.validateOnly ?? false,
      featureUpdates: updates.map(({ feature, level, type = 'upgrade' }) => ({
        feature,
        maxVersionLevel: level,
        allowDowngrade: false,
        upgradeType: UPGRADE_TYPES[type],
      })),
    });
    await this.#call('updating features', async (connection) => {
      const { errorCode, errorMessage, results } = await connection.send(UPDATE_FEATURES, request);
      for (const result of results) throwOnError(result.errorCode, result.errorMessage);
      throwOnError(errorCode, errorMessage);
    });
  };
}

function replica(state: ReplicaState): QuorumReplica {
  return {
    nodeId: state.replicaId,
    directoryId: state.replicaDirectoryId,
    logEndOffset: state.logEndOffset,
    lastFetchTimestamp: state.lastFetchTimestamp,
    lastCaughtUpTimestamp: state.lastCaughtUpTimestamp,
  };
}
