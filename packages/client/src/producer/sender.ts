// Carries out what the sender's core decides: sends requests, asks for leaders and for the producer's id, sets the timer, and
// tells who waits. Batches that become due in the same turn go together.
import type { Timer } from '@ottla/platform';
import { ErrorCode } from '@ottla/protocol';
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from '@ottla/protocol/messages/init-producer-id';
import {
  produceRequest,
  produceResponse,
  type ProduceResponse,
} from '@ottla/protocol/messages/produce';
import type { BrokerConnection } from '../connection/broker-connection.ts';
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, KafkaError, UsageError } from '../errors.ts';
import { backoffMs } from '../retry.ts';
import type { BatchRequest, Leader } from './drain.ts';
import type { HeldPartition } from './held-partition.ts';
import type { BatchAnswer, Outcome } from './outcome.ts';
import type { PartitionQueue } from './partition-queue.ts';
import {
  answersIn,
  PRODUCE_VERSION_BY_NAME,
  type ProduceSettings,
  topicIdsOf,
  toProduceRequest,
} from './produce-request.ts';
import { SenderCore } from './sender-core.ts';

const PRODUCE = { request: produceRequest, response: produceResponse };
const INIT_PRODUCER_ID = { request: initProducerIdRequest, response: initProducerIdResponse };
const NO_TRANSACTION_TIMEOUT_MS = 0x7fff_ffff;
/** What is chained to it runs when this turn's code is through, before any I/O. */
const TURN = Promise.resolve();
const NO_LEADER: Leader = { leaderId: -1, leaderEpoch: -1 };

export interface SenderOptions extends ProduceSettings {
  readonly idempotent: boolean;
  readonly maxRequestBytes: number;
  readonly inFlightRequestsMax: number;
  readonly lingerMs: number;
}

export class Sender {
  readonly #cluster: Cluster;
  readonly #options: SenderOptions;
  readonly #settled: (outcome: Outcome) => void;
  readonly #core: SenderCore;
  /** Requests that wait for a connection, by broker: later ones wait behind them. */
  readonly #connecting = new Map<number, BatchRequest[]>();
  readonly #forgetListener: () => void;
  #isScheduled = false;
  #timer: Timer | undefined;
  #timerAtMs = Infinity;

  /** @param settled called for each outcome, in order */
  constructor(cluster: Cluster, options: SenderOptions, settled: (outcome: Outcome) => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#settled = settled;
    this.#core = new SenderCore({
      ...options,
      backoffMs: (attempt) => backoffMs(cluster.options, attempt),
    });
    this.#forgetListener = cluster.onMetadata(() => {
      if (this.#core.activeCount > 0) this.schedule();
    });
  }

  /** While true no batch lingers. */
  set isHurried(isHurried: boolean) {
    this.#core.isHurried = isHurried;
    if (isHurried) this.schedule();
  }

  /** The partition has a batch, or one that has more records now. */
  wake(queue: PartitionQueue): void {
    this.#core.activate(queue);
    this.schedule();
  }

  /** Partitions whose records are not acknowledged yet. */
  held(): HeldPartition[] {
    return this.#core.held(this.#now(), this.#leaderOf);
  }

  /** Looks for something to send at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void TURN.then(() => {
      this.#isScheduled = false;
      this.#dispatch();
    });
  }

  /** Fails what is left. */
  close(error: KafkaError): void {
    this.#forgetListener();
    this.#timer?.cancel();
    this.#core.abort(error);
    this.#tell();
  }

  #now(): number {
    return this.#cluster.options.platform.clock.monotonicMs();
  }

  #dispatch(): void {
    if (this.#cluster.isClosed) return;
    for (;;) {
      const drained = this.#core.drain(this.#now(), this.#leaderOf);
      this.#tell();
      if (drained.needsProducerId) void this.#askForProducerId();
      if (drained.leaderless.size > 0) this.#cluster.requestRefresh(drained.leaderless);
      if (drained.requests.length === 0) {
        this.#wakeAt(drained.wakeAtMs);
        return;
      }
      for (const request of drained.requests) this.#send(request);
    }
  }

  readonly #leaderOf = (queue: PartitionQueue): Leader =>
    this.#cluster.metadata.topics.get(queue.topic)?.partitions[queue.partition] ?? NO_LEADER;

  /** A timer that rings too early costs one look; moving it for each request would cost more. */
  #wakeAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#cluster.options.platform.timers.set(Math.max(0, atMs - this.#now()), () => {
      this.#timerAtMs = Infinity;
      this.#dispatch();
    });
  }

  #tell(): void {
    for (const outcome of this.#core.takeOutcomes()) this.#settled(outcome);
  }

  /** Never rejects: the core is told. */
  async #askForProducerId(): Promise<void> {
    try {
      const request = initProducerIdRequest.create({
        transactionalId: null,
        transactionTimeoutMs: NO_TRANSACTION_TIMEOUT_MS,
      });
      const response = await this.#cluster.askAny(async (connection) => {
        const answer = await connection.send(INIT_PRODUCER_ID, request);
        if (answer.errorCode !== ErrorCode.NONE)
          throw new BrokerError(answer.errorCode, undefined, { broker: connection.address });
        return answer;
      });
      const { producerId, producerEpoch: epoch } = response;
      this.#core.producerIdArrived({ producerId, epoch });
    } catch (error) {
      this.#core.producerIdFailed(asKafkaError(error), this.#now());
      this.#tell();
    }
    this.schedule();
  }

  #send(request: BatchRequest): void {
    const { nodeId } = request;
    const behind = this.#connecting.get(nodeId);
    const connection = behind === undefined ? this.#cluster.readyBroker(nodeId) : undefined;
    if (connection !== undefined) this.#exchange(connection, request);
    else if (behind !== undefined) behind.push(request);
    else void this.#connect(nodeId, request);
  }

  /** Never rejects: the core is told. */
  async #connect(nodeId: number, first: BatchRequest): Promise<void> {
    const requests = [first];
    this.#connecting.set(nodeId, requests);
    try {
      const connection = await this.#cluster.broker(nodeId);
      this.#connecting.delete(nodeId);
      for (const request of requests) this.#exchange(connection, request);
    } catch (error) {
      this.#connecting.delete(nodeId);
      for (const request of requests) this.#failed(request, asKafkaError(error));
    }
  }

  #exchange(connection: BrokerConnection, request: BatchRequest): void {
    const { batches } = request;
    try {
      const newest = connection.versionOf(produceRequest.apiKey!) ?? 0;
      const ids = newest > PRODUCE_VERSION_BY_NAME ? topicIdsOf(batches, this.#idOf) : undefined;
      const maxVersion = ids === undefined ? PRODUCE_VERSION_BY_NAME : newest;
      const message = toProduceRequest(batches, this.#options, ids);
      if (this.#options.acks === 0) {
        connection.sendOneWay(produceRequest, message, maxVersion, (error) => {
          if (error === undefined) this.#answered(request, () => UNACKNOWLEDGED);
          else this.#failed(request, error);
        });
        return;
      }
      connection.exchange(PRODUCE, message, { maxVersion }, (error, response) => {
        if (response === undefined) {
          this.#failed(request, error!);
          return;
        }
        const answerOf = answersIn(response, ids);
        this.#learn(request, response, answerOf);
        this.#answered(request, answerOf);
      });
    } catch (error) {
      this.#failed(request, asKafkaError(error));
    }
  }

  readonly #idOf = (topic: string): string | undefined =>
    this.#cluster.metadata.topics.get(topic)?.topicId;

  #answered(
    request: BatchRequest,
    answerOf: (batch: BatchRequest['batches'][number]) => BatchAnswer | undefined,
  ): void {
    this.#core.answered(request, answerOf, this.#now());
    this.#tell();
    if (this.#core.activeCount > 0) this.schedule();
  }

  /** The request got no answer. */
  #failed(request: BatchRequest, error: KafkaError): void {
    this.#core.unanswered(request, error, this.#now());
    this.#tell();
    this.#cluster.requestRefresh(request.batches.map(({ queue }) => queue.topic));
    this.schedule();
  }

  /** Takes from an answer what it says about the cluster (KIP-951) and about the broker's load (KIP-219). */
  #learn(
    { nodeId, batches }: BatchRequest,
    response: ProduceResponse,
    answerOf: ReturnType<typeof answersIn>,
  ): void {
    if (response.throttleTimeMs > 0)
      this.#core.throttled(nodeId, this.#now() + response.throttleTimeMs);
    for (const batch of batches) {
      const answer = answerOf(batch);
      if (answer === undefined || !STALE_METADATA.has(answer.errorCode)) continue;
      const { topic, partition } = batch.queue;
      this.#cluster.refused({ topic, partition, ...answer.currentLeader }, response.nodeEndpoints);
    }
  }
}

const UNACKNOWLEDGED: BatchAnswer = {
  errorCode: ErrorCode.NONE,
  errorMessage: null,
  baseOffset: -1,
  logAppendTimeMs: -1,
  logStartOffset: -1,
  recordErrors: [],
};

/** Errors of who asked the wrong broker. */
const STALE_METADATA: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.LISTENER_NOT_FOUND,
]);

function asKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  return new UsageError(`sending failed: ${String(error)}`, 'SEND_FAILED', { cause: error });
}
