// Keeps every partition's buffer filled: one Fetch under way to each broker, for all of its partitions that have room; the
// next goes out as soon as the answer is in, while the user still works. Kafka: Fetcher; KIP-227, KIP-392, KIP-516.
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { fetchRequest, fetchResponse, type FetchResponse } from '@ottla/protocol/messages/fetch';
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, isRetriable } from '../errors.ts';
import { backoffMs } from '../retry.ts';
import { encodeFetch, type FetchLimits } from './fetch-request.ts';
import { FetchSession } from './fetch-session.ts';
import type { PartitionReader } from './partition-reader.ts';

const FETCH = { request: fetchRequest, response: fetchResponse };
const TOPIC_IDS_FROM = 13;
const PURPOSE = 'fetch';
const RECHECK_MS = 50;

export interface FetcherHost {
  readers(): Iterable<PartitionReader>;
  /** Something can be taken. */
  onRecords(): void;
  /** The offset is outside the log: look up another, or fail. */
  onOutOfRange(reader: PartitionReader): void;
  /** The leader is another than the one that was read from: is what was read still there? True when nothing is in doubt. */
  isValidated(reader: PartitionReader, leaderEpoch: number): boolean;
  /** A partition cannot be read; `reader` undefined: nothing can. */
  onError(error: unknown, reader?: PartitionReader): void;
}

/** What was asked for of one partition, and by what metadata. */
interface Asked {
  readonly reader: PartitionReader;
  readonly generation: number;
  readonly topicId: string;
  readonly fetchOffset: number;
  readonly leaderEpoch: number;
}

type PartitionAnswer = FetchResponse<Buffer>['responses'][number]['partitions'][number];
type Endpoints = FetchResponse<Buffer>['nodeEndpoints'];

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #limits: FetchLimits;
  readonly #host: FetcherHost;
  readonly #busy = new Set<number>();
  readonly #sessions = new Map<number, FetchSession>();
  #isClosed = false;
  #isLookingUp = false;
  #timer: { cancel(): void } | undefined;

  constructor(cluster: Cluster, limits: FetchLimits, host: FetcherHost) {
    this.#cluster = cluster;
    this.#limits = limits;
    this.#host = host;
  }

  /** Call when partitions, positions, pauses or room changed. */
  wake(): void {
    if (this.#isClosed) return;
    const now = this.#now();
    const byBroker = new Map<number, PartitionReader[]>();
    const leaderless: PartitionReader[] = [];
    let isLaterWork = false;
    for (const reader of this.#host.readers()) {
      if (!this.#hasRoom(reader)) continue;
      if (reader.notBeforeMs > now) {
        isLaterWork = true;
        continue;
      }
      const brokerId = this.#brokerOf(reader, now);
      if (brokerId < 0) leaderless.push(reader);
      else if (this.#host.isValidated(reader, this.#leaderEpochOf(reader))) {
        const list = byBroker.get(brokerId);
        if (list === undefined) byBroker.set(brokerId, [reader]);
        else list.push(reader);
      }
    }
    for (const [brokerId, readers] of byBroker)
      if (!this.#busy.has(brokerId)) this.#fetch(brokerId, readers);
    if (leaderless.length > 0) this.#findLeaders(leaderless);
    if (isLaterWork) this.#wakeLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #hasRoom(reader: PartitionReader): boolean {
    return (
      !reader.isPaused &&
      !reader.isFetching &&
      !reader.isGone &&
      reader.fetchOffset >= 0 &&
      reader.bufferedBytes < this.#limits.maxPartitionFetchBytes
    );
  }

  #brokerOf(reader: PartitionReader, now: number): number {
    const { readReplica } = reader;
    if (readReplica !== undefined && readReplica.untilMs > now) return readReplica.nodeId;
    return this.#metadataOf(reader)?.leaderId ?? -1;
  }

  #leaderEpochOf(reader: PartitionReader): number {
    return this.#metadataOf(reader)?.leaderEpoch ?? -1;
  }

  #metadataOf({ topic, partition }: PartitionReader) {
    return this.#cluster.metadata.topics.get(topic)?.partitions[partition];
  }

  #wakeLater(): void {
    this.#timer ??= this.#cluster.options.platform.timers.set(RECHECK_MS, () => {
      this.#timer = undefined;
      this.wake();
    });
  }

  #findLeaders(readers: readonly PartitionReader[]): void {
    if (this.#isLookingUp) return;
    this.#isLookingUp = true;
    this.#cluster
      .refresh([...new Set(readers.map(({ topic }) => topic))])
      .catch(() => undefined)
      .finally(() => {
        this.#isLookingUp = false;
        for (const reader of readers)
          if ((this.#metadataOf(reader)?.leaderId ?? -1) < 0) this.#backOff(reader);
        this.wake();
      });
  }

  #fetch(brokerId: number, readers: readonly PartitionReader[]): void {
    this.#busy.add(brokerId);
    for (const reader of readers) reader.isFetching = true;
    const asked = new Map(readers.map((reader) => [reader.name, this.#askedOf(reader)]));
    this.#exchange(brokerId, asked)
      .catch((error: unknown) => {
        this.#sessions.get(brokerId)?.forgotten();
        // Partitions of these topics that other brokers lead are read on meanwhile.
        this.#cluster.requestRefresh(readers.map(({ topic }) => topic));
        for (const reader of readers) {
          reader.readReplica = undefined;
          this.#backOff(reader);
        }
        if (!isRetriable(error) && !this.#isClosed && !this.#cluster.isClosed)
          this.#host.onError(error);
      })
      .finally(() => {
        this.#busy.delete(brokerId);
        for (const reader of readers) reader.isFetching = false;
        this.wake();
      });
  }

  async #exchange(brokerId: number, asked: ReadonlyMap<string, Asked>): Promise<void> {
    const connection = await this.#cluster.broker(brokerId, PURPOSE);
    const session = this.#sessionOf(brokerId);
    const canUseTopicIds = connection.versionOf(fetchRequest.apiKey!)! >= TOPIC_IDS_FROM;
    const request = session.next(
      [...asked.values()].map(({ reader, topicId, fetchOffset, leaderEpoch }) => ({
        topic: reader.topic,
        topicId,
        partition: reader.partition,
        fetchOffset,
        currentLeaderEpoch: leaderEpoch,
      })),
      canUseTopicIds,
    );
    const response = (await connection.send(FETCH, encodeFetch(this.#limits, request), {
      ...(request.usesTopicIds ? {} : { maxVersion: TOPIC_IDS_FROM - 1 }),
      timeoutMs: this.#limits.fetchMaxWaitMs + this.#cluster.options.requestTimeoutMs,
    })) as FetchResponse<Buffer>;
    if (response.errorCode !== 0) throw new BrokerError(response.errorCode, undefined);
    session.accepted(response.sessionId);
    if (!this.#isClosed) this.#take(response, asked, session);
  }

  #askedOf(reader: PartitionReader): Asked {
    const topicId = this.#cluster.metadata.topics.get(reader.topic)?.topicId ?? ZERO_UUID;
    const { generation, fetchOffset } = reader;
    return { reader, generation, topicId, fetchOffset, leaderEpoch: this.#leaderEpochOf(reader) };
  }

  #sessionOf(brokerId: number): FetchSession {
    let session = this.#sessions.get(brokerId);
    if (session === undefined) {
      session = new FetchSession();
      this.#sessions.set(brokerId, session);
    }
    return session;
  }

  #take(
    response: FetchResponse<Buffer>,
    asked: ReadonlyMap<string, Asked>,
    session: FetchSession,
  ): void {
    const names = new Map(
      [...asked.values()].map(({ reader, topicId }) => [topicId, reader.topic]),
    );
    let hasRecords = false;
    for (const { topic, topicId, partitions } of response.responses)
      for (const answer of partitions) {
        const name = topic === '' ? names.get(topicId) : topic;
        const item = asked.get(`${name}-${answer.partitionIndex}`);
        if (item === undefined) continue;
        if (answer.errorCode === 0) {
          session.remember(item.reader, answer);
          item.reader.mark(answer);
        }
        // Sought elsewhere meanwhile: what was asked for is of no use.
        if (item.generation !== item.reader.generation) continue;
        if (this.#takePartition(item, answer, response.nodeEndpoints)) hasRecords = true;
      }
    // Back from a rebalance with nothing new: the answer leaves it out.
    for (const { reader } of asked.values())
      if (reader.highWatermark < 0) {
        const marks = session.marksOf(reader);
        if (marks !== undefined) reader.mark(marks);
      }
    if (hasRecords) this.#host.onRecords();
  }

  #takePartition(item: Asked, answer: PartitionAnswer, endpoints: Endpoints): boolean {
    const { reader } = item;
    if (answer.errorCode !== 0) {
      this.#partitionFailed(item, answer, endpoints);
      return false;
    }
    reader.failures = 0;
    if (item.topicId !== ZERO_UUID) reader.topicId ??= item.topicId;
    // The topic was deleted and made again: an offset of the old log means nothing in the new one.
    if (reader.topicId !== undefined && reader.topicId !== item.topicId) {
      this.#host.onOutOfRange(reader);
      return false;
    }
    if (answer.preferredReadReplica >= 0)
      reader.readReplica = {
        nodeId: answer.preferredReadReplica,
        untilMs: this.#now() + this.#cluster.options.metadataMaxAgeMs,
      };
    if (answer.records === null || answer.records.length === 0) return false;
    try {
      reader.add(answer.records, answer.abortedTransactions);
    } catch (error) {
      this.#backOff(reader);
      this.#host.onError(error, reader);
      return false;
    }
    return true;
  }

  #partitionFailed(
    { reader, leaderEpoch }: Asked,
    { errorCode, currentLeader }: PartitionAnswer,
    endpoints: Endpoints,
  ): void {
    const isFollower = reader.readReplica !== undefined;
    reader.readReplica = undefined;
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      // A follower may lag, and so may who leads no more: the leader decides.
      const isLeader = !isFollower && this.#leaderEpochOf(reader) === leaderEpoch;
      if (isLeader) this.#host.onOutOfRange(reader);
      return;
    }
    const { topic, partition } = reader;
    const error = new BrokerError(errorCode, undefined, { topic, partition });
    const isMoved = this.#cluster.refused({ topic, partition, ...currentLeader }, endpoints);
    if (!isMoved) this.#backOff(reader);
    // What the broker cannot name may pass, as it does for Kafka's consumer.
    if (error.retriable || errorCode === ErrorCode.UNKNOWN_SERVER_ERROR)
      this.#cluster.options.logger.debug('a partition could not be fetched', {
        topic,
        partition,
        error: error.code,
      });
    else this.#host.onError(error, reader);
  }

  #backOff(reader: PartitionReader): void {
    reader.failures += 1;
    reader.notBeforeMs =
      this.#now() + backoffMs(this.#cluster.options, Math.min(reader.failures, 10));
  }

  #now(): number {
    return this.#cluster.options.platform.clock.monotonicMs();
  }
}
