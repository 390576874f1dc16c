// Takes closed batches to their leaders: one Produce request for each broker with a batch of every partition that is due,
// several requests under way, but one batch of a partition at a time, so that a retry can never overtake.
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
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, isRetriable, KafkaError, TimeoutError, UsageError } from '../errors.ts';
import { backoffMs } from '../retry.ts';
import type { PartitionBatch } from './partition-batch.ts';
import { ProducerIdentity } from './producer-identity.ts';

const PRODUCE = { request: produceRequest, response: produceResponse };
const INIT_PRODUCER_ID = { request: initProducerIdRequest, response: initProducerIdResponse };
/** The newest version names topics by id, which this client does not use yet. */
const PRODUCE_MAX_VERSION = 12;
const REQUESTS_IN_FLIGHT_MAX = 5;

export interface SenderOptions {
  readonly acks: -1 | 0 | 1;
  readonly idempotent: boolean;
  readonly maxRequestBytes: number;
  readonly requestTimeoutMs: number;
}

/** Batches of one partition, oldest first. */
interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly batches: PartitionBatch[];
  isInFlight: boolean;
}

export class Sender {
  readonly #cluster: Cluster;
  readonly #options: SenderOptions;
  readonly #done: (batch: PartitionBatch) => void;
  readonly #identity = new ProducerIdentity();
  readonly #lanes = new Map<string, Lane>();
  readonly #inFlight = new Map<number, number>();
  #identifying: Promise<void> | undefined;
  #isScheduled = false;
  #retryTimer: { cancel(): void } | undefined;
  #idle: (() => void)[] = [];

  /** @param done called once for each batch, after its waiters were told */
  constructor(cluster: Cluster, options: SenderOptions, done: (batch: PartitionBatch) => void) {
    this.#cluster = cluster;
    this.#options = options;
    this.#done = done;
  }

  get queuedCount(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.batches.length;
    return count;
  }

  /** A closed batch, to be sent behind the earlier ones of its partition. */
  push(batch: PartitionBatch): void {
    const key = `${batch.topic}-${batch.partition}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { topic: batch.topic, partition: batch.partition, batches: [], isInFlight: false };
      this.#lanes.set(key, lane);
    }
    lane.batches.push(batch);
    this.#schedule();
  }

  /** Resolves when nothing is queued or under way. */
  idle(): Promise<void> {
    if (this.queuedCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Fails what is left. */
  close(error: KafkaError): void {
    this.#retryTimer?.cancel();
    for (const lane of this.#lanes.values())
      for (const batch of lane.batches.slice()) this.#settle(lane, batch, error);
  }

  /** Batches that become due in the same turn share a request. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void Promise.resolve().then(async () => {
      this.#isScheduled = false;
      await this.#dispatch();
    });
  }

  async #dispatch(): Promise<void> {
    if (this.#options.idempotent && this.#identity.id === undefined) {
      this.#identifying ??= this.#identify().finally(() => {
        this.#identifying = undefined;
      });
      // A failure has been told to the batches, which come again after their wait.
      await this.#identifying.catch(() => undefined);
      if (this.#identity.id === undefined) {
        this.#wakeIn(this.#cluster.options.retryBackoffMs);
        return;
      }
    }
    const now = this.#cluster.options.platform.clock.monotonicMs();
    const byLeader = new Map<number, Lane[]>();
    let soonest = Infinity;
    for (const lane of this.#lanes.values()) {
      const batch = lane.batches[0];
      if (batch === undefined || lane.isInFlight) continue;
      if (batch.notBeforeMs > now) {
        soonest = Math.min(soonest, batch.notBeforeMs);
        continue;
      }
      const leaderId =
        this.#cluster.metadata.topics.get(lane.topic)?.partitions[lane.partition]?.leaderId ?? -1;
      if (leaderId < 0) this.#findLeader(lane, batch);
      else byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), lane]);
    }
    for (const [leaderId, lanes] of byLeader) this.#sendTo(leaderId, lanes);
    if (soonest < Infinity) this.#wakeIn(soonest - now);
  }

  #wakeIn(delayMs: number): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#cluster.options.platform.timers.set(Math.max(0, delayMs), () =>
      this.#schedule(),
    );
  }

  async #identify(): Promise<void> {
    try {
      const connection = await this.#cluster.any();
      const response = await connection.send(
        INIT_PRODUCER_ID,
        initProducerIdRequest.create({
          transactionalId: null,
          transactionTimeoutMs: 2_147_483_647,
        }),
      );
      if (response.errorCode !== 0) throw new BrokerError(response.errorCode, undefined);
      this.#identity.assign({ producerId: response.producerId, epoch: response.producerEpoch });
    } catch (error) {
      for (const lane of this.#lanes.values())
        if (!lane.isInFlight && lane.batches[0] !== undefined)
          this.#failed(lane, lane.batches[0], error);
      throw error;
    }
  }

  #findLeader(lane: Lane, batch: PartitionBatch): void {
    lane.isInFlight = true;
    this.#cluster
      .refresh([lane.topic])
      .then(() => {
        const leaderId =
          this.#cluster.metadata.topics.get(lane.topic)?.partitions[lane.partition]?.leaderId ?? -1;
        if (leaderId < 0)
          throw new BrokerError(ErrorCode.LEADER_NOT_AVAILABLE, undefined, {
            topic: lane.topic,
            partition: lane.partition,
          });
        lane.isInFlight = false;
        this.#schedule();
      })
      .catch((error: unknown) => this.#failed(lane, batch, error));
  }

  #sendTo(leaderId: number, lanes: readonly Lane[]): void {
    const underWay = this.#inFlight.get(leaderId) ?? 0;
    if (underWay >= REQUESTS_IN_FLIGHT_MAX) return;
    const chosen: Lane[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      const size = this.#seal(lane.batches[0]!).length;
      if (chosen.length > 0 && bytes + size > this.#options.maxRequestBytes) continue;
      bytes += size;
      chosen.push(lane);
      lane.isInFlight = true;
    }
    this.#inFlight.set(leaderId, underWay + 1);
    const sent = chosen.map((lane) => ({ lane, batch: lane.batches[0]! }));
    this.#exchange(leaderId, sent)
      .catch((error: unknown) => {
        for (const { lane, batch } of sent) this.#failed(lane, batch, error);
      })
      .finally(() => {
        this.#inFlight.set(leaderId, this.#inFlight.get(leaderId)! - 1);
        this.#schedule();
      });
  }

  /** Fixes the bytes, with the sequence that the batch keeps over all retries. */
  #seal(batch: PartitionBatch): Buffer {
    const id = this.#identity.id;
    if (batch.bytes !== undefined) return batch.bytes;
    if (id !== undefined && this.#options.idempotent) {
      batch.baseSequence = this.#identity.take(
        `${batch.topic}-${batch.partition}`,
        batch.builder.recordCount,
      );
      batch.builder.setProducerState(id.producerId, id.epoch, batch.baseSequence, false);
    }
    batch.bytes = batch.builder.build();
    return batch.bytes;
  }

  async #exchange(
    leaderId: number,
    sent: readonly { lane: Lane; batch: PartitionBatch }[],
  ): Promise<void> {
    const connection = await this.#cluster.broker(leaderId);
    const topics = new Map<string, { index: number; records: Buffer }[]>();
    for (const { lane, batch } of sent) {
      const partitions = topics.get(lane.topic) ?? [];
      topics.set(lane.topic, partitions);
      partitions.push({ index: lane.partition, records: batch.bytes! });
    }
    const request = produceRequest.create({
      transactionalId: null,
      acks: this.#options.acks,
      timeoutMs: this.#options.requestTimeoutMs,
      topicData: [...topics].map(([name, partitionData]) => ({
        name,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
        partitionData,
      })),
    });
    if (this.#options.acks === 0) {
      connection.sendOneWay(produceRequest, request, PRODUCE_MAX_VERSION);
      for (const { lane, batch } of sent) this.#acknowledge(lane, batch, -1, -1);
      return;
    }
    const response = await connection.send(PRODUCE, request, { maxVersion: PRODUCE_MAX_VERSION });
    this.#take(response, sent);
  }

  #take(response: ProduceResponse, sent: readonly { lane: Lane; batch: PartitionBatch }[]): void {
    for (const { lane, batch } of sent) {
      const answer = response.responses
        .find((topic) => topic.name === lane.topic)
        ?.partitionResponses.find((partition) => partition.index === lane.partition);
      const about = { topic: lane.topic, partition: lane.partition };
      if (answer === undefined)
        this.#failed(
          lane,
          batch,
          new BrokerError(
            ErrorCode.UNKNOWN_SERVER_ERROR,
            'the broker left the partition out',
            about,
          ),
        );
      else if (
        answer.errorCode === ErrorCode.NONE ||
        answer.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER
      )
        this.#acknowledge(lane, batch, answer.baseOffset, answer.logAppendTimeMs);
      else this.#failed(lane, batch, new BrokerError(answer.errorCode, answer.errorMessage, about));
    }
  }

  #acknowledge(
    lane: Lane,
    batch: PartitionBatch,
    baseOffset: number,
    logAppendTimeMs: number,
  ): void {
    for (const waiter of batch.waiters)
      waiter.resolve({
        topic: lane.topic,
        partition: lane.partition,
        offset: baseOffset < 0 ? -1 : baseOffset + waiter.index,
        timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : waiter.timestamp,
      });
    this.#remove(lane, batch);
  }

  #failed(lane: Lane, batch: PartitionBatch, cause: unknown): void {
    const error =
      cause instanceof KafkaError
        ? cause
        : new UsageError(
            `sending to ${lane.topic}-${lane.partition} failed: ${String(cause)}`,
            'SEND_FAILED',
            { cause },
          );
    const { platform } = this.#cluster.options;
    const now = platform.clock.monotonicMs();
    this.#cluster.invalidate(lane.topic);
    if (isRetriable(error) && now < batch.deadlineMs && !this.#cluster.isClosed) {
      batch.attempts += 1;
      batch.notBeforeMs = now + backoffMs(this.#cluster.options, batch.attempts);
      lane.isInFlight = false;
      this.#schedule();
      return;
    }
    const isLate = isRetriable(error) && now >= batch.deadlineMs;
    const final = isLate
      ? new TimeoutError(
          'DELIVERY_TIMED_OUT',
          `${lane.topic}-${lane.partition}: not delivered in time: ${error.message}`,
          {
            topic: lane.topic,
            partition: lane.partition,
            cause: error,
          },
        )
      : error;
    // Sequences behind a batch that was given up do not fit any more; whether it was written is not known.
    if (this.#options.idempotent && batch.bytes !== undefined) this.#restartSequences(lane, batch);
    this.#settle(lane, batch, final);
  }

  /** A batch that was sent before keeps its id and sequence: it may be in the log, and only they show the broker a duplicate. */
  #restartSequences(lane: Lane, failed: PartitionBatch): void {
    this.#identity.forget();
    for (const other of this.#lanes.values())
      for (const batch of other.batches)
        if (
          batch !== failed &&
          batch.attempts === 0 &&
          !(other !== lane && other.isInFlight && batch === other.batches[0])
        )
          batch.bytes = undefined;
  }

  #settle(lane: Lane, batch: PartitionBatch, error: KafkaError): void {
    for (const waiter of batch.waiters) waiter.reject(error);
    this.#remove(lane, batch);
  }

  #remove(lane: Lane, batch: PartitionBatch): void {
    const at = lane.batches.indexOf(batch);
    if (at >= 0) lane.batches.splice(at, 1);
    lane.isInFlight = false;
    this.#done(batch);
    this.#schedule();
    if (this.queuedCount > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}
