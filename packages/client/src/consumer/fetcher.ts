// Keeps every partition's buffer filled: one Fetch under way to each leader, for all of its partitions that have room.
// Kafka: Fetcher; long polls, so that an idle consumer costs a request each `fetchMaxWaitMs`.
import { ErrorCode } from '@ottla/protocol';
import { fetchRequest, fetchResponse, type FetchResponse } from '@ottla/protocol/messages/fetch';
import type { Cluster } from '../connection/cluster.ts';
import { BrokerError, isRetriable, UsageError } from '../errors.ts';
import { backoffMs } from '../retry.ts';
import type { PartitionReader } from './partition-reader.ts';

const FETCH = { request: fetchRequest, response: fetchResponse };
/** The versions from 13 on name topics by id, which this client does not use yet. */
const FETCH_MAX_VERSION = 12;
const PURPOSE = 'fetch';
const RECHECK_MS = 100;

export interface FetcherOptions {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly maxPartitionBytes: number;
  readonly prefetchBytes: number;
  readonly isolationLevel: 'read_committed' | 'read_uncommitted';
  readonly readers: () => Iterable<PartitionReader>;
  /** Something can be taken. */
  readonly onRecords: () => void;
  /** The offset is outside the log: look up another, or fail. */
  readonly onOutOfRange: (reader: PartitionReader) => void;
  readonly onError: (error: unknown) => void;
}

export class Fetcher {
  readonly #cluster: Cluster;
  readonly #options: FetcherOptions;
  readonly #busy = new Set<number>();
  #isClosed = false;
  #timer: { cancel(): void } | undefined;

  constructor(cluster: Cluster, options: FetcherOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Call when partitions, positions, pauses or room changed. */
  wake(): void {
    if (this.#isClosed) return;
    const now = this.#cluster.options.platform.clock.monotonicMs();
    const byLeader = new Map<number, PartitionReader[]>();
    let isLaterWork = false;
    for (const reader of this.#options.readers()) {
      if (reader.isPaused || reader.isFetching || reader.fetchOffset < 0) continue;
      if (reader.bufferedBytes >= this.#options.prefetchBytes) continue;
      if (reader.notBeforeMs > now) {
        isLaterWork = true;
        continue;
      }
      const leaderId =
        this.#cluster.metadata.topics.get(reader.topic)?.partitions[reader.partition]?.leaderId ??
        -1;
      if (leaderId < 0) this.#findLeader(reader);
      else byLeader.set(leaderId, [...(byLeader.get(leaderId) ?? []), reader]);
    }
    for (const [leaderId, readers] of byLeader)
      if (!this.#busy.has(leaderId)) this.#fetch(leaderId, readers);
    if (isLaterWork) this.#wakeLater();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #wakeLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#cluster.options.platform.timers.set(RECHECK_MS, () => {
      this.#timer = undefined;
      this.wake();
    });
  }

  #findLeader(reader: PartitionReader): void {
    reader.isFetching = true;
    this.#cluster
      .refresh([reader.topic])
      .then(() => {
        const topic = this.#cluster.metadata.topics.get(reader.topic);
        if ((topic?.partitions[reader.partition]?.leaderId ?? -1) < 0) this.#backOff(reader);
      })
      .catch(() => this.#backOff(reader))
      .finally(() => {
        reader.isFetching = false;
        this.wake();
      });
  }

  #fetch(leaderId: number, readers: readonly PartitionReader[]): void {
    this.#busy.add(leaderId);
    for (const reader of readers) reader.isFetching = true;
    const asked = readers.map((reader) => ({
      reader,
      generation: reader.generation,
      offset: reader.fetchOffset,
    }));
    this.#exchange(leaderId, asked)
      .catch((error: unknown) => {
        for (const { reader } of asked) {
          this.#cluster.invalidate(reader.topic);
          this.#backOff(reader);
        }
        if (!isRetriable(error) && !this.#isClosed && !this.#cluster.isClosed)
          this.#options.onError(error);
      })
      .finally(() => {
        this.#busy.delete(leaderId);
        for (const { reader } of asked) reader.isFetching = false;
        this.wake();
      });
  }

  async #exchange(
    leaderId: number,
    asked: readonly { reader: PartitionReader; generation: number; offset: number }[],
  ): Promise<void> {
    const options = this.#options;
    const connection = await this.#cluster.broker(leaderId, PURPOSE);
    const topics = new Map<string, { reader: PartitionReader; offset: number }[]>();
    for (const item of asked)
      topics.set(item.reader.topic, [...(topics.get(item.reader.topic) ?? []), item]);
    const response = (await connection.send(
      FETCH,
      fetchRequest.create({
        maxWaitMs: options.maxWaitMs,
        minBytes: options.minBytes,
        maxBytes: options.maxBytes,
        isolationLevel: options.isolationLevel === 'read_committed' ? 1 : 0,
        topics: [...topics].map(([topic, items]) => ({
          topic,
          topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
          partitions: items.map(({ reader, offset }) => ({
            partition: reader.partition,
            currentLeaderEpoch: -1,
            fetchOffset: offset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: options.maxPartitionBytes,
            replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
            highWatermark: 2n ** 63n - 1n,
          })),
        })),
      }),
      {
        maxVersion: FETCH_MAX_VERSION,
        timeoutMs: options.maxWaitMs + this.#cluster.options.requestTimeoutMs,
      },
    )) as FetchResponse<Buffer>;
    if (response.errorCode !== 0) throw new BrokerError(response.errorCode, undefined);
    if (!this.#isClosed) this.#take(response, asked);
  }

  #take(
    response: FetchResponse<Buffer>,
    asked: readonly { reader: PartitionReader; generation: number }[],
  ): void {
    let hasRecords = false;
    for (const topic of response.responses)
      for (const partition of topic.partitions) {
        const item = asked.find(
          ({ reader }) =>
            reader.topic === topic.topic && reader.partition === partition.partitionIndex,
        );
        if (item === undefined || item.generation !== item.reader.generation) continue;
        const { reader } = item;
        if (partition.errorCode !== 0) {
          this.#partitionFailed(reader, partition.errorCode);
          continue;
        }
        reader.failures = 0;
        reader.highWatermark = partition.highWatermark;
        if (partition.records === null || partition.records.length === 0) continue;
        reader.add(partition.records, partition.abortedTransactions);
        hasRecords = true;
      }
    if (hasRecords) this.#options.onRecords();
  }

  #partitionFailed(reader: PartitionReader, errorCode: number): void {
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.#options.onOutOfRange(reader);
      return;
    }
    const error = new BrokerError(errorCode, undefined, {
      topic: reader.topic,
      partition: reader.partition,
    });
    this.#cluster.invalidate(reader.topic);
    this.#backOff(reader);
    if (!error.retriable)
      this.#options.onError(
        new UsageError(error.message, error.code, {
          topic: reader.topic,
          partition: reader.partition,
          cause: error,
        }),
      );
  }

  #backOff(reader: PartitionReader): void {
    reader.failures += 1;
    reader.notBeforeMs =
      this.#cluster.options.platform.clock.monotonicMs() +
      backoffMs(this.#cluster.options, Math.min(reader.failures, 10));
  }
}
