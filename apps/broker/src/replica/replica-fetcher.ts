// Fetches from one leader broker everything that this broker follows there: one request after the other over one
// connection, the answer's records straight from its frame into the logs. What an answer means is `FollowerState`'s matter.
// Kafka: ReplicaFetcherThread, RemoteLeaderEndPoint.
import { LogError, type PartitionLog, type SlabLease } from '@ottla/log';
import { type Logger, NetError, type Platform, type Timer } from '@ottla/platform';
import { ApiKey, requireApi, type Uuid } from '@ottla/protocol';
import {
  type FetchRequest,
  fetchRequest,
  fetchResponse,
  type FetchResponse,
  type PartitionData,
} from '@ottla/protocol/messages/fetch';
import { listOffsetsRequest, listOffsetsResponse } from '@ottla/protocol/messages/list-offsets';
import type { HeldResponse, RequestConnection } from '../server/request-connection.ts';
import { type FetchPosition, FollowerState, type FollowerStep } from './follower-state.ts';
import type { Partition } from './partition.ts';
import { ReplicaSession } from './replica-session.ts';

/** How much, and how patiently, is fetched. Times in milliseconds. */
export interface ReplicaFetchSettings {
  /** `replica.fetch.wait.max.ms` */
  readonly waitMaxMs: number;
  /** `replica.fetch.min.bytes` */
  readonly bytesMin: number;
  /** `replica.fetch.max.bytes` */
  readonly partitionBytesMax: number;
  /** `replica.fetch.response.max.bytes` */
  readonly responseBytesMax: number;
  /** `replica.fetch.backoff.ms` */
  readonly backoffMs: number;
  /** `replica.socket.timeout.ms` */
  readonly timeoutMs: number;
  /** Whether consumers may be sent to this broker (`replica.selector.class`); default false. What followers have nobody reads then. */
  readonly serveConsumers?: boolean;
}

/** Keeps a rate of bytes for the partitions that it is set for. */
export interface FollowerThrottle {
  /** Whether a partition that has not caught up is to be left out now. */
  isHeldBack(partition: Partition): boolean;
  /** So many bytes were fetched. */
  record(partition: Partition, bytes: number): void;
}

export interface ReplicaFetcherOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly logger: Logger;
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly leaderId: number;
  readonly settings: ReplicaFetchSettings;
  readonly throttle: FollowerThrottle;
  /** A new connection to the leader, whose answers are leased; rejects when there is none, and when the signal says so. */
  readonly connect: (leaderId: number, signal: AbortSignal) => Promise<LeaderConnection>;
}

/** Answers are in lent buffers, which the log keeps until they are written. */
export type LeaderConnection = RequestConnection<SlabLease>;

type HeldFetch = HeldResponse<FetchResponse<Buffer>, SlabLease>;

/** One partition that is fetched. */
interface Followed {
  readonly name: string;
  readonly partition: Partition;
  readonly log: PartitionLog;
  readonly topic: string;
  readonly topicId: Uuid;
  readonly id: number;
  readonly state: FollowerState;
  /** Offsets that it lacks of what is committed; undefined before the first answer. */
  lag: number | undefined;
}

/** First pause after a failure; later ones are longer, up to `replica.fetch.backoff.ms`. */
const PAUSE_MS = 20;
/** A request that is not answered after so long waits for records. */
const HURRY_MS = 20;
const NO_RECORDS = Buffer.alloc(0);
const LATEST = -1;
const EARLIEST = -2;
/** Versions in which brokers of Kafka 4.0 and later fetch from each other. */
const FETCH_VERSION = 17;
const LIST_OFFSETS_VERSION = 9;

/** Runs from its first partition on, until `close`. */
export class ReplicaFetcher {
  readonly #options: ReplicaFetcherOptions;
  readonly #followed = new Map<Partition, Followed>();
  readonly #byName = new Map<string, Followed>();
  readonly #session: ReplicaSession<Followed>;
  readonly #closing = new AbortController();
  #connection: LeaderConnection | undefined;
  #isExchanging = false;
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  #hurriedMs = -Infinity;
  #hurrying: Timer | undefined;
  /** The request under way was ended for haste. */
  #isGivenUp = false;
  #rounds = 0;

  constructor(options: ReplicaFetcherOptions) {
    this.#options = options;
    this.#session = new ReplicaSession(options.settings.partitionBytesMax);
  }

  /** Partitions that are fetched. */
  get size(): number {
    return this.#followed.size;
  }

  /** Most offsets that a partition lacks of what its leader has committed. */
  get lagMax(): number {
    let lagMax = 0;
    for (const { lag } of this.#followed.values()) lagMax = Math.max(lagMax, lag ?? 0);
    return lagMax;
  }

  /** Fetches the partition, in this leader epoch, as soon as nothing is on its way into its log. */
  add(partition: Partition, leaderEpoch: number): void {
    const log = partition.log!;
    const { topic, topicId, id } = partition;
    const state = new FollowerState(leaderEpoch, {
      pauseMs: PAUSE_MS,
      pauseMsMax: this.#options.settings.backoffMs,
    });
    const name = nameOf(topicId, id);
    const followed: Followed = { name, partition, log, topic, topicId, id, state, lag: undefined };
    const isOver = (): boolean => !partition.follows(leaderEpoch) || this.#closing.signal.aborted;
    void log.settled().then(async () => {
      if (isOver()) return;
      await this.#perform(followed, state.begin(log));
      // While the log was cut the partition may have been given to another leader, whose place this must not take.
      if (isOver()) return;
      this.#followed.set(partition, followed);
      this.#byName.set(name, followed);
      this.#running ??= this.#run();
      this.#hurry();
    });
  }

  /** Takes no notice any more of what comes for the partition. */
  remove(partition: Partition): void {
    this.#followed.delete(partition);
    this.#byName.delete(nameOf(partition.topicId, partition.id));
  }

  /** Ends the fetching; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#followed.clear();
    this.#byName.clear();
    this.#hurrying?.cancel();
    this.#connection?.close();
    this.#wake?.();
    await this.#running;
  }

  get #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }

  /**
   * Something new is to be fetched. A request that waits at the leader for records of other partitions is given up, now and
   * then: new partitions would wait for as long.
   */
  #hurry(): void {
    this.#wake?.();
    const { platform, settings } = this.#options;
    const round = this.#rounds;
    if (!this.#isExchanging || this.#nowMs - this.#hurriedMs < settings.waitMaxMs) return;
    this.#hurriedMs = this.#nowMs;
    this.#hurrying?.cancel();
    this.#hurrying = platform.timers.set(HURRY_MS, () => {
      if (!this.#isExchanging || this.#rounds !== round) return;
      this.#isGivenUp = true;
      this.#connection?.close();
    });
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const wanted = this.#wanted();
      if (wanted.size === 0 && !this.#session.hasForgotten(wanted)) await this.#sleep();
      else await this.#round(wanted);
    }
  }

  #wanted(): Map<Followed, FetchPosition> {
    const nowMs = this.#nowMs;
    const wanted = new Map<Followed, FetchPosition>();
    for (const followed of this.#followed.values()) {
      if (followed.lag !== 0 && this.#options.throttle.isHeldBack(followed.partition)) continue;
      const position = followed.state.position(followed.log, nowMs);
      if (position !== undefined) wanted.set(followed, position);
    }
    return wanted;
  }

  /** Until a partition comes or may be asked again. */
  async #sleep(): Promise<void> {
    const delayMs = Math.min(this.#untilReadyMs(), this.#options.settings.backoffMs);
    await new Promise<void>((resolve) => {
      const timer = this.#options.platform.timers.set(delayMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Until a partition that is left out of a request now may be asked again. */
  #untilReadyMs(): number {
    const nowMs = this.#nowMs;
    let readyAtMs = Infinity;
    for (const { state } of this.#followed.values())
      if (state.readyAtMs > nowMs) readyAtMs = Math.min(readyAtMs, state.readyAtMs);
    return readyAtMs - nowMs;
  }

  /** One request and what its answer asks for. */
  async #round(wanted: ReadonlyMap<Followed, FetchPosition>): Promise<void> {
    this.#rounds += 1;
    this.#isGivenUp = false;
    const { isFull } = this.#session;
    let held: HeldFetch;
    try {
      held = await this.#fetch(wanted);
    } catch (error) {
      await this.#failed(error);
      return;
    }
    try {
      const { errorCode, sessionId } = held.body;
      if (this.#session.answered(errorCode, sessionId)) {
        this.#failures = 0;
        await this.#take(wanted, held);
      } else if (isFull) await this.#pause();
    } finally {
      held.frame.release();
    }
  }

  async #fetch(wanted: ReadonlyMap<Followed, FetchPosition>): Promise<HeldFetch> {
    const { settings, brokerId, brokerEpoch } = this.#options;
    const request: FetchRequest = fetchRequest.create({
      ...this.#session.next(wanted),
      replicaState: { replicaId: brokerId, replicaEpoch: brokerEpoch() },
      maxWaitMs: Math.max(0, Math.ceil(Math.min(settings.waitMaxMs, this.#untilReadyMs()))),
      minBytes: settings.bytesMin,
      maxBytes: settings.responseBytesMax,
    });
    this.#isExchanging = true;
    try {
      const held = await this.#inTime((connection) =>
        connection.requestHeld(fetchRequest, fetchResponse, FETCH_VERSION, request),
      );
      return held as HeldFetch;
    } finally {
      this.#isExchanging = false;
    }
  }

  /** What is not answered in time costs the connection: the other side may be gone without a word. */
  async #inTime<T>(exchange: (connection: LeaderConnection) => Promise<T>): Promise<T> {
    const { settings, platform } = this.#options;
    const connection = await this.#connected();
    const timer = platform.timers.set(settings.timeoutMs, () => connection.close());
    try {
      return await exchange(connection);
    } finally {
      timer.cancel();
    }
  }

  async #connected(): Promise<LeaderConnection> {
    const { connect, leaderId } = this.#options;
    if (this.#connection === undefined || this.#connection.isClosed) {
      const connection = await connect(leaderId, this.#closing.signal);
      if (this.#closing.signal.aborted) connection.close();
      this.#connection = connection;
    }
    return this.#connection;
  }

  /** The leader cannot be asked: a moment later once more. */
  async #failed(error: unknown): Promise<void> {
    this.#session.lost();
    this.#connection?.close();
    if (this.#closing.signal.aborted || this.#isGivenUp) return;
    const { logger, leaderId } = this.#options;
    // A way that is cut heals, and is seen elsewhere. An answer that cannot be read comes again and again.
    const level = error instanceof NetError || this.#failures > 0 ? 'debug' : 'warn';
    logger[level]('a fetch from a leader failed', { leader: leaderId, error: String(error) });
    await this.#pause();
  }

  async #pause(): Promise<void> {
    const { platform, settings } = this.#options;
    const delayMs = Math.min(PAUSE_MS * 2 ** this.#failures, settings.backoffMs);
    this.#failures = Math.min(this.#failures + 1, 20);
    await platform.timers.sleep(delayMs, this.#closing.signal).catch(() => {});
  }

  // ---- answers ----

  async #take(
    wanted: ReadonlyMap<Followed, FetchPosition>,
    { body, frame }: HeldFetch,
  ): Promise<void> {
    const steps: Promise<void>[] = [];
    for (const { topicId, partitions } of body.responses) {
      for (const data of partitions) {
        const followed = this.#byName.get(nameOf(topicId, data.partitionIndex));
        const asked = followed === undefined ? undefined : wanted.get(followed);
        if (followed === undefined || asked === undefined) continue;
        const { state, log } = followed;
        const step = state.answered(asked, data, log, this.#nowMs);
        const done = this.#perform(followed, step, data, frame);
        if (done !== undefined) steps.push(done);
      }
    }
    if (steps.length > 0) await Promise.all(steps);
  }

  /** @returns a promise when the step takes longer than this turn; it never rejects */
  #perform(
    followed: Followed,
    step: FollowerStep,
    data?: PartitionData<Buffer>,
    lease?: SlabLease,
  ): Promise<void> | undefined {
    switch (step.kind) {
      case 'append':
        return this.#guard(followed, this.#append(followed, step, data?.records ?? null, lease));
      case 'truncate':
        return this.#guard(followed, this.#truncate(followed, step));
      case 'restart':
        return this.#guard(followed, this.#restart(followed, step.offset));
      case 'ask-offsets':
        return this.#guard(followed, this.#askOffsets(followed));
      default:
        return undefined;
    }
  }

  async #guard(followed: Followed, work: Promise<void>): Promise<void> {
    const { logger, leaderId } = this.#options;
    const { state, partition } = followed;
    try {
      await work;
    } catch (error) {
      const fields = { partition: partition.name, leader: leaderId, error: String(error) };
      const isLost =
        error instanceof LogError &&
        (error.code === 'KAFKA_STORAGE_ERROR' || error.code === 'CLOSED');
      if (isLost) state.stop();
      else state.refused(this.#nowMs);
      logger.warn('a fetched partition cannot be taken in', fields);
    }
  }

  async #append(
    followed: Followed,
    step: FollowerStep & { readonly kind: 'append' },
    records: Buffer | null,
    lease: SlabLease | undefined,
  ): Promise<void> {
    const { partition, state } = followed;
    const bytes = records ?? NO_RECORDS;
    this.#options.throttle.record(partition, bytes.length);
    const { leaderEpoch } = step;
    const isCached = this.#options.settings.serveConsumers ?? false;
    await partition.appendAsFollower(bytes, { leaderEpoch, lease, isCached }, step);
    followed.lag = Math.max(0, step.highWatermark - followed.log.logEndOffset);
    state.done();
  }

  async #truncate(
    { partition, state, log }: Followed,
    { offset, isBelowHighWatermark }: FollowerStep & { readonly kind: 'truncate' },
  ): Promise<void> {
    const { logger, leaderId } = this.#options;
    const fields = { partition: partition.name, leader: leaderId, offset, end: log.logEndOffset };
    if (isBelowHighWatermark)
      logger.error('cutting records that were committed: the leader does not have them', {
        ...fields,
        highWatermark: log.highWatermark,
      });
    else if (offset < log.logEndOffset)
      logger.info('cutting the log where the leader’s leaves it', fields);
    await partition.rewrite(state.leaderEpoch, (own) => own.truncateTo(offset));
    state.done();
  }

  async #restart({ partition, state, log }: Followed, offset: number): Promise<void> {
    const { logger, leaderId } = this.#options;
    logger.warn('starting the log anew where the leader’s starts', {
      partition: partition.name,
      leader: leaderId,
      offset,
      end: log.logEndOffset,
    });
    await partition.rewrite(state.leaderEpoch, (own) => own.truncateFullyAndStartAt(offset));
    state.done();
  }

  async #askOffsets(followed: Followed): Promise<void> {
    const { state, log, partition } = followed;
    const end = await this.#offsetOf(followed, LATEST);
    const start = await this.#offsetOf(followed, EARLIEST);
    if (!partition.follows(state.leaderEpoch)) return;
    await this.#perform(followed, state.leaderOffsets(start, end, log));
  }

  async #offsetOf({ topic, id, state }: Followed, timestamp: number): Promise<number> {
    const { brokerId } = this.#options;
    const partitions = [{ partitionIndex: id, currentLeaderEpoch: state.leaderEpoch, timestamp }];
    const answer = await this.#inTime((connection) =>
      connection.request(
        listOffsetsRequest,
        listOffsetsResponse,
        Math.min(LIST_OFFSETS_VERSION, requireApi(ApiKey.ListOffsets).maxVersion),
        listOffsetsRequest.create({ replicaId: brokerId, topics: [{ name: topic, partitions }] }),
      ),
    );
    const found = answer.topics[0]?.partitions[0];
    if (found === undefined || found.errorCode !== 0 || found.offset < 0)
      throw new Error(`the leader does not say its offsets (${found?.errorCode})`);
    return found.offset;
  }
}

function nameOf(topicId: Uuid, id: number): string {
  return `${topicId}/${id}`;
}
