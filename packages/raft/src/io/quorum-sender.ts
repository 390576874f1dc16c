// Sends what the core wants sent, and tells it the answers. Kafka: KafkaRaftClient.maybeSendRequest, handleResponse.
import type { Logger } from '@ottla/platform';
import { ErrorCode, errorInfo } from '@ottla/protocol';
import { addRaftVoterRequest, addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import {
  beginQuorumEpochRequest,
  beginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import {
  endQuorumEpochRequest,
  endQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import {
  updateRaftVoterRequest,
  updateRaftVoterResponse,
} from '@ottla/protocol/messages/update-raft-voter';
import { voteRequest, voteResponse } from '@ottla/protocol/messages/vote';
import type { OutgoingMessage, VoteMessage } from '../messages.ts';
import type { QuorumCore } from '../quorum-core.ts';
import { QUORUM_TIMES_DEFAULT, type QuorumTimes, REQUEST_TIMEOUT_MS } from '../quorum-options.ts';
import type { QuorumEndpoint, ReplicaKey, Voter } from '../replica.ts';
import type { MetadataLog } from './metadata-log.ts';
import type { RaftTransport } from './raft-transport.ts';
import { addToWire, kraftVersionsOf, removeToWire, updateToWire } from './voter-messages.ts';
import {
  answerFromWire,
  beginToWire,
  endToWire,
  voteAnswerFromWire,
  voteToWire,
} from './wire-messages.ts';

const VOTE = { request: voteRequest, response: voteResponse };
const BEGIN = { request: beginQuorumEpochRequest, response: beginQuorumEpochResponse };
const END = { request: endQuorumEpochRequest, response: endQuorumEpochResponse };
const ADD = { request: addRaftVoterRequest, response: addRaftVoterResponse };
const REMOVE = { request: removeRaftVoterRequest, response: removeRaftVoterResponse };
const UPDATE = { request: updateRaftVoterRequest, response: updateRaftVoterResponse };
const VERSIONS = { request: apiVersionsRequest, response: apiVersionsResponse };
const SOFTWARE = { clientSoftwareName: 'ottla-raft', clientSoftwareVersion: '1' };

export interface QuorumSenderOptions {
  readonly transport: RaftTransport;
  readonly logger: Logger;
  readonly clusterId: string;
  readonly endpoints?: readonly QuorumEndpoint[];
  readonly times?: QuorumTimes;
  readonly core: QuorumCore;
  readonly log: MetadataLog;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** The core was given an event: perform what it asks for. */
  readonly stepped: () => Promise<void>;
}

export class QuorumSender {
  readonly #options: QuorumSenderOptions;
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: QuorumSenderOptions) {
    this.#options = options;
  }

  /** Only the same request is not sent twice: a vote must not wait for the pre-vote that led to it. */
  send(to: ReplicaKey, message: OutgoingMessage): void {
    const voter = this.#options.core.voters.get(to.id);
    if (voter === undefined) return;
    const epoch = 'epoch' in message ? message.epoch : this.#options.core.epoch;
    const preVote = message.kind === 'vote' && message.preVote;
    this.#start(`${to.id} ${message.kind} ${epoch} ${preVote}`, () =>
      this.#exchange(voter, message),
    );
  }

  /** Asks a node that is no voter yet which levels of `kraft.version` it serves. */
  askVersions(voter: Voter): void {
    this.#start(`${voter.id} versions`, () => this.#askVersions(voter));
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  #start(name: string, exchange: () => Promise<void>): void {
    if (this.#underWay.has(name)) return;
    const sending = exchange()
      .then(() => this.#options.stepped())
      .catch((error: unknown) => {
        this.#options.logger.debug('a quorum request failed', { name, error: String(error) });
      });
    this.#underWay.set(name, sending);
    void sending.finally(() => this.#underWay.delete(name));
  }

  get #times(): QuorumTimes {
    return this.#options.times ?? QUORUM_TIMES_DEFAULT;
  }

  async #exchange(to: Voter, message: OutgoingMessage): Promise<void> {
    const { transport, clusterId, endpoints = [], core } = this.#options;
    const requestTimeoutMs = this.#times.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    // The core counts an answer for as long as it asks in that epoch: who gave it up sooner would cut a slow way again and again.
    const timeoutMs = Math.max(this.#times.electionTimeoutMs, requestTimeoutMs);
    switch (message.kind) {
      case 'vote':
        return this.#askForVote(to, message, timeoutMs);
      case 'beginEpoch': {
        const request = beginToWire(message, to, clusterId, endpoints);
        this.#learn(answerFromWire(await transport.send(to, BEGIN, request, timeoutMs)));
        return;
      }
      case 'endEpoch': {
        const request = endToWire(message, clusterId, endpoints);
        this.#learn(answerFromWire(await transport.send(to, END, request, timeoutMs)));
        return;
      }
      case 'updateVoter': {
        const request = updateToWire(message, clusterId);
        // It may wait behind a fetch on the same connection.
        const response = await transport.send(to, UPDATE, request, requestTimeoutMs);
        const { leaderId, leaderEpoch } = response.currentLeader;
        this.#learn({
          error: 'NONE',
          epoch: leaderEpoch,
          leaderId: leaderId < 0 ? undefined : leaderId,
        });
        const isDone =
          response.errorCode === ErrorCode.NONE ||
          response.errorCode === ErrorCode.UNSUPPORTED_VERSION;
        if (isDone) core.handleVoterUpdated(message.epoch, this.#options.nowMs());
        else this.#told(message, response.errorCode, null);
        return;
      }
      case 'addVoter': {
        const request = addToWire(message, clusterId, requestTimeoutMs);
        const response = await transport.send(to, ADD, request, requestTimeoutMs);
        this.#told(message, response.errorCode, response.errorMessage);
        return;
      }
      case 'removeVoter': {
        const request = removeToWire(message, clusterId);
        const response = await transport.send(to, REMOVE, request, requestTimeoutMs);
        this.#told(message, response.errorCode, response.errorMessage);
        return;
      }
    }
  }

  async #askForVote(to: Voter, message: VoteMessage, timeoutMs: number): Promise<void> {
    const { transport, clusterId, core, log } = this.#options;
    const request = voteToWire(message, to, clusterId);
    const answer = voteAnswerFromWire(await transport.send(to, VOTE, request, timeoutMs));
    // The epoch starts at the log's end: nothing may be on its way there when the last vote is counted.
    await log.idle();
    if (answer !== undefined) core.handleVoteAnswer(to.id, message, answer, this.#options.nowMs());
  }

  async #askVersions(voter: Voter): Promise<void> {
    const { transport, core } = this.#options;
    const timeoutMs = this.#times.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    const answer = await transport
      .send(voter, VERSIONS, apiVersionsRequest.create(SOFTWARE), timeoutMs)
      .then(
        (response) =>
          response.errorCode === ErrorCode.NONE
            ? { range: kraftVersionsOf(response) }
            : { failure: errorInfo(response.errorCode).name },
        (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
      );
    core.changes?.handleVersions(voter.id, answer, this.#options.nowMs());
  }

  #learn(answer: ReturnType<typeof answerFromWire>): void {
    if (answer !== undefined) this.#options.core.handleAnswer(answer, this.#options.nowMs());
  }

  /** The leader's refusal is tried again later; somebody may want to know why it takes so long. */
  #told(message: OutgoingMessage, errorCode: number, reason: string | null): void {
    if (errorCode === ErrorCode.NONE) return;
    const { logger } = this.#options;
    const fields = { error: errorInfo(errorCode).name, reason };
    // One at a time may join: several that start at once wait for each other.
    if (errorCode === ErrorCode.REQUEST_TIMED_OUT)
      logger.info(`the leader cannot do ${message.kind} yet`, fields);
    else logger.warn(`the leader refuses ${message.kind}`, fields);
  }
}
