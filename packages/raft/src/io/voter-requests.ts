// What the quorum answers to AddRaftVoter, RemoveRaftVoter and UpdateRaftVoter: refuses what the request itself shows to be
// wrong, and leaves the rest to the leader's core. Kafka: KafkaRaftClient.handleAddVoterRequest and its like (KIP-853).
import { ErrorCode } from '@ottla/protocol';
import type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
} from '@ottla/protocol/messages/add-raft-voter';
import { addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import type {
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import { removeRaftVoterResponse } from '@ottla/protocol/messages/remove-raft-voter';
import type {
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse,
} from '@ottla/protocol/messages/update-raft-voter';
import { updateRaftVoterResponse } from '@ottla/protocol/messages/update-raft-voter';
import type { QuorumEndpoint } from '../replica.ts';
import type { QuorumNode } from './quorum-node.ts';
import { voterKeyOf } from './voter-messages.ts';

interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export class VoterRequests {
  readonly #node: QuorumNode;
  readonly #clusterId: string;

  constructor(node: QuorumNode, clusterId: string) {
    this.#node = node;
    this.#clusterId = clusterId;
  }

  async add(request: AddRaftVoterRequest): Promise<AddRaftVoterResponse> {
    const refusal = this.#refusal(request.clusterId) ?? this.#notLeading();
    if (refusal !== undefined) return addRaftVoterResponse.create(refusal);
    const key = voterKeyOf(request);
    if (key === undefined)
      return addRaftVoterResponse.create(
        invalid('a voter has an id of at least 0 and a directory id'),
      );
    const endpoints = this.#endpoints(request.listeners);
    if (endpoints === undefined)
      return addRaftVoterResponse.create(
        invalid(`the new voter has no endpoint for listener ${this.#listenerName ?? ''}`),
      );
    const answer = await this.#node.addVoter({ ...key, endpoints }, request.ackWhenCommitted);
    return addRaftVoterResponse.create({
      errorCode: ErrorCode[answer.error],
      errorMessage: answer.message,
    });
  }

  async remove(request: RemoveRaftVoterRequest): Promise<RemoveRaftVoterResponse> {
    const refusal = this.#refusal(request.clusterId) ?? this.#notLeading();
    if (refusal !== undefined) return removeRaftVoterResponse.create(refusal);
    const key = voterKeyOf(request);
    if (key === undefined)
      return removeRaftVoterResponse.create(
        invalid('a voter has an id of at least 0 and a directory id'),
      );
    const answer = await this.#node.removeVoter(key);
    return removeRaftVoterResponse.create({
      errorCode: ErrorCode[answer.error],
      errorMessage: answer.message,
    });
  }

  async update(request: UpdateRaftVoterRequest): Promise<UpdateRaftVoterResponse> {
    return this.#updated((await this.#update(request)) ?? ErrorCode.NONE);
  }

  async #update(request: UpdateRaftVoterRequest): Promise<number | undefined> {
    const refusal = this.#refusal(request.clusterId);
    if (refusal !== undefined) return refusal.errorCode;
    const { core } = this.#node;
    if (request.currentLeaderEpoch < core.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
    if (request.currentLeaderEpoch > core.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
    const leading = this.#notLeading();
    if (leading !== undefined) return leading.errorCode;
    const key = voterKeyOf(request);
    const endpoints = this.#endpoints(request.listeners);
    const { minSupportedVersion: min, maxSupportedVersion: max } = request.kRaftVersionFeature;
    if (key === undefined || endpoints === undefined || min < 0 || max < min)
      return ErrorCode.INVALID_REQUEST;
    const voter = { ...key, endpoints, kraftVersions: { min, max } };
    const { error } = await this.#node.updateVoter(voter);
    return ErrorCode[error];
  }

  #updated(errorCode: number): UpdateRaftVoterResponse {
    const { core } = this.#node;
    const leader = core.leaderId === undefined ? undefined : core.voters.get(core.leaderId);
    const endpoint = leader?.endpoints[0];
    return updateRaftVoterResponse.create({
      errorCode,
      currentLeader: {
        leaderId: core.leaderId ?? -1,
        leaderEpoch: core.epoch,
        host: endpoint?.host ?? '',
        port: endpoint?.port ?? 0,
      },
    });
  }

  #refusal(clusterId: string | null): Refusal | undefined {
    if (clusterId === null || clusterId === this.#clusterId) return undefined;
    return {
      errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID,
      errorMessage: `this is cluster ${this.#clusterId}, not ${clusterId}`,
    };
  }

  #notLeading(): Refusal | undefined {
    return this.#node.core.role.role === 'leader'
      ? undefined
      : { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, errorMessage: null };
  }

  /** The listener by which the members of the quorum reach each other. */
  get #listenerName(): string | undefined {
    return this.#node.core.selfAsVoter.endpoints[0]?.name;
  }

  /** Undefined when the one that the quorum needs is not among them. */
  #endpoints(listeners: readonly QuorumEndpoint[]): QuorumEndpoint[] | undefined {
    const needed = this.#listenerName;
    if (needed !== undefined && !listeners.some(({ name }) => name === needed)) return undefined;
    return listeners.map(({ name, host, port }) => ({ name, host, port }));
  }
}

function invalid(errorMessage: string): Refusal {
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
}
