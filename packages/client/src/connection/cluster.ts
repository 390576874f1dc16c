// The way to the cluster: connections to its brokers, its metadata kept fresh, leaders and coordinators.
// Falls back to the bootstrap servers when every known broker is gone (KIP-899), when a broker says so, or when nothing was
// heard for long (KIP-1102).
import { ErrorCode } from '@ottla/protocol';
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator';
import {
  metadataRequest,
  type MetadataRequest,
  metadataResponse,
} from '@ottla/protocol/messages/metadata';
import { BrokerError, ConnectionError, isRetriable, UsageError } from '../errors.ts';
import type { TopicPartition } from '../group/consumer-protocol.ts';
import type {
  BrokerNode,
  ClusterMetadata,
  LeaderHint,
  PartitionMetadata,
  TopicMetadata,
} from '../metadata/cluster-metadata.ts';
import { MetadataCache } from '../metadata/metadata-cache.ts';
import { Refresher } from '../metadata/refresher.ts';
import type { ResolvedOptions } from '../options.ts';
import { withRetries } from '../retry.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { type Address, ConnectionPool } from './connection-pool.ts';

const METADATA = { request: metadataRequest, response: metadataResponse };
const FIND_COORDINATOR = { request: findCoordinatorRequest, response: findCoordinatorResponse };
const GROUP_COORDINATOR = 0;
const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** A topic that was made a moment ago is not known to every broker yet: so often one may say that there is none. */
export const ASKED_WHEN_MISSING = 4;
/** Longer than an election takes: until then there may be no news because there is none. */
const NO_NEWS_MS = 5_000;
/** What goes wrong after so long is another trouble. */
const TROUBLE_APART_MS = 60_000;

export class Cluster {
  readonly options: ResolvedOptions;
  readonly #pool: ConnectionPool;
  readonly #refresher: Refresher;
  readonly #cache = new MetadataCache();
  #fetchedMs: number;
  /** Who did not answer in time, was behind, or had no news for long: others are asked first. By address. */
  readonly #doubted = new Set<string>();
  /** Of those who ask because something they knew was wrong. */
  #news: { askedMs: number; heardMs: number; from: string } | undefined;
  readonly #coordinators = new Map<string, Address>();
  /** Whether it is being asked who is in the cluster, because a broker is silent. */
  #isRollCall = false;
  /** Topics that are being asked for: many callers share one answer. */
  readonly #lookUps = new Map<string, Promise<TopicMetadata>>();
  readonly #listeners = new Set<() => void>();

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.#pool = new ConnectionPool(options, (address) => this.#heardNothing(address));
    this.#refresher = new Refresher(options, (topics) => this.#refreshForNews(topics));
    this.#fetchedMs = options.platform.clock.monotonicMs();
  }

  /** A snapshot; another object when anything changed. */
  get metadata(): ClusterMetadata {
    return this.#cache.snapshot;
  }

  /** Aborted when the client is closed: for waits that must not outlive it. */
  get closing(): AbortSignal {
    return this.#pool.closing;
  }

  get isClosed(): boolean {
    return this.#pool.isClosed;
  }

  /** Calls back after each change of the metadata. @returns ends it */
  onMetadata(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A connection to an address; `purpose` keeps what blocks (consumer fetches) apart from the rest. */
  connect(host: string, port: number, purpose = ''): Promise<BrokerConnection> {
    return this.#pool.connect({ host, port }, purpose);
  }

  /** A connection to any broker: one that is open, else a known broker, else a bootstrap server. */
  async any(): Promise<BrokerConnection> {
    this.#rebootstrapAfterSilence();
    let failure: unknown;
    for (const address of this.#addresses()) {
      try {
        return await this.#pool.connect(address);
      } catch (error) {
        if (this.isClosed) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * Asks any broker. One that does not serve is not the first to be asked again: it may be cut off from the others, and yet
   * be there.
   */
  async askAny<T>(use: (connection: BrokerConnection) => Promise<T>): Promise<T> {
    const connection = await this.any();
    try {
      const answer = await use(connection);
      this.#doubted.delete(connection.address);
      return answer;
    } catch (error) {
      if (isRetriable(error)) this.#doubted.add(connection.address);
      throw error;
    }
  }

  /** The open connection to a broker, if there is one: no promise, no waiting. */
  readyBroker(nodeId: number, purpose?: string): BrokerConnection | undefined {
    const node = this.metadata.brokers.get(nodeId);
    return node === undefined ? undefined : this.#pool.ready(node, purpose);
  }

  /** A connection to a broker by its id. @throws ConnectionError (retriable) when it is not known */
  async broker(nodeId: number, purpose?: string): Promise<BrokerConnection> {
    const node = this.metadata.brokers.get(nodeId) ?? (await this.refresh([])).brokers.get(nodeId);
    if (node === undefined)
      throw new ConnectionError(
        'BROKER_NOT_AVAILABLE',
        `broker ${nodeId} is not in the cluster now`,
      );
    return this.#pool.connect(node, purpose);
  }

  /** Asks for metadata now. @param topics their names; undefined for all */
  async refresh(
    topics: readonly string[] | undefined,
    allowAutoTopicCreation = false,
  ): Promise<ClusterMetadata> {
    const request: MetadataRequest = metadataRequest.create({
      topics: topics?.map((name) => ({ name, topicId: NO_TOPIC_ID })) ?? null,
      allowAutoTopicCreation,
    });
    const { connection, response } = await this.askAny(async (asked) => ({
      connection: asked,
      response: await asked.send(METADATA, request),
    }));
    if (response.errorCode !== ErrorCode.NONE) {
      if (response.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED) this.#rebootstrap();
      throw new BrokerError(response.errorCode, undefined, { broker: connection.address });
    }
    this.#fetchedMs = this.options.platform.clock.monotonicMs();
    const before = this.metadata.brokers;
    const { isBehind } = this.#cache.merge(response, topics === undefined);
    if (isBehind) this.#doubted.add(connection.address);
    else this.#cutGone(before);
    if (this.#news !== undefined) this.#news.from = connection.address;
    this.#changed();
    return this.metadata;
  }

  /**
   * As `refresh`, because something was wrong. A broker that is cut off from the others goes on to tell what was true, and
   * nothing in it shows that: after a while without news another one is asked.
   */
  async #refreshForNews(topics: readonly string[]): Promise<void> {
    const { clock } = this.options.platform;
    const nowMs = clock.monotonicMs();
    if (this.#news === undefined || nowMs - this.#news.askedMs > TROUBLE_APART_MS)
      this.#news = { askedMs: nowMs, heardMs: nowMs, from: '' };
    const news = this.#news;
    news.askedMs = nowMs;
    const before = leadersOf(this.metadata, topics);
    await this.refresh(topics);
    if (leadersOf(this.metadata, topics) !== before) news.heardMs = nowMs;
    else if (nowMs - news.heardMs > NO_NEWS_MS) this.#doubted.add(news.from);
  }

  /**
   * A broker owes an answer and says nothing. It may be busy; or it stands still, or is cut off, and the others have gone on
   * without it: they are asked before the request's own time is over.
   */
  #heardNothing({ host, port }: Address): void {
    this.#doubted.add(`${host}:${port}`);
    if (this.#isRollCall) return;
    this.#isRollCall = true;
    // Without an answer: silence is told again.
    void this.refresh([])
      .catch(() => undefined)
      .finally(() => {
        this.#isRollCall = false;
      });
  }

  /** Nobody waits for the answers of brokers that are in the cluster no more: what they are asked has gone to others. */
  #cutGone(before: ReadonlyMap<number, BrokerNode>): void {
    const now = [...this.metadata.brokers.values()];
    if (now.length === 0) return;
    for (const { nodeId, host, port } of before.values()) {
      if (now.some((node) => node.host === host && node.port === port)) continue;
      const message = `broker ${nodeId} (${host}:${port}) is not in the cluster any more`;
      this.#pool.cut({ host, port }, new ConnectionError('BROKER_NOT_AVAILABLE', message));
    }
  }

  /** Asks for the topics soon, together with others, in the background, again and again until a broker answers. */
  requestRefresh(topics: Iterable<string>): void {
    this.#refresher.request(topics);
  }

  /** Asks for the topics in the background when what is known is older than `metadataMaxAgeMs`. */
  refreshWhenOld(topics: Iterable<string>): void {
    const ageMs = this.options.platform.clock.monotonicMs() - this.#fetchedMs;
    if (ageMs >= this.options.metadataMaxAgeMs && !this.#refresher.isRunning)
      this.requestRefresh(topics);
  }

  /** A broker told who leads now. @returns whether that was news */
  learnLeader(hint: LeaderHint, endpoint?: BrokerNode): boolean {
    const isNews = this.#cache.learnLeader(hint, endpoint);
    if (isNews) this.#changed();
    return isNews;
  }

  /**
   * A broker refused to serve a partition, and may have told who leads it (KIP-951); else metadata is asked for.
   * @returns whether another leader is known now
   */
  refused(hint: LeaderHint, endpoints: readonly BrokerNode[]): boolean {
    const endpoint = endpoints.find(({ nodeId }) => nodeId === hint.leaderId);
    const isNews = hint.leaderId >= 0 && this.learnLeader(hint, endpoint);
    if (!isNews) this.requestRefresh([hint.topic]);
    return isNews;
  }

  /** There was a leader of this epoch: metadata of an older one is not believed. */
  seeLeaderEpoch({ topic, partition }: TopicPartition, leaderEpoch: number): void {
    if (this.#cache.seeLeaderEpoch(topic, partition, leaderEpoch)) this.#changed();
  }

  /** A topic from the cache, or asked for, with retries while its leaders are not known. @throws BrokerError */
  async topic(
    name: string,
    allowAutoTopicCreation = false,
    timeoutMs: number = this.options.defaultApiTimeoutMs,
  ): Promise<TopicMetadata> {
    const cached = this.metadata.topics.get(name);
    const age = this.options.platform.clock.monotonicMs() - this.#fetchedMs;
    if (cached !== undefined && cached.errorCode === 0 && age < this.options.metadataMaxAgeMs)
      return cached;
    return this.topicAnew(name, allowAutoTopicCreation, timeoutMs);
  }

  /** As `topic`, always asked for: it may have changed. */
  topicAnew(
    name: string,
    allowAutoTopicCreation = false,
    timeoutMs: number = this.options.defaultApiTimeoutMs,
  ): Promise<TopicMetadata> {
    const key = `${name}/${allowAutoTopicCreation}`;
    const underWay = this.#lookUps.get(key);
    if (underWay !== undefined) return underWay;
    const lookUp = this.#lookUp(name, allowAutoTopicCreation, timeoutMs).finally(() =>
      this.#lookUps.delete(key),
    );
    this.#lookUps.set(key, lookUp);
    return lookUp;
  }

  #lookUp(
    name: string,
    allowAutoTopicCreation: boolean,
    timeoutMs: number,
  ): Promise<TopicMetadata> {
    const attempt = async (count: number): Promise<TopicMetadata> => {
      const topic = (await this.refresh([name], allowAutoTopicCreation)).topics.get(name);
      if (topic === undefined)
        throw new BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, undefined, { topic: name });
      const isMissing = topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      // Nobody is creating it: asking on would only take time.
      if (isMissing && !allowAutoTopicCreation && count >= ASKED_WHEN_MISSING)
        throw new UsageError(`topic ${name} does not exist`, 'UNKNOWN_TOPIC_OR_PARTITION', {
          topic: name,
        });
      if (topic.errorCode !== 0) throw new BrokerError(topic.errorCode, undefined, { topic: name });
      return topic;
    };
    const what = `looking up topic ${name}`;
    return withRetries(this.options, what, timeoutMs, attempt, this.#pool.closing);
  }

  /** The partition's metadata with a leader. @throws BrokerError `LEADER_NOT_AVAILABLE` (retriable), `UNKNOWN_TOPIC_OR_PARTITION` */
  async leader(topic: string, partition: number): Promise<PartitionMetadata> {
    const found =
      (await this.topic(topic)).partitions[partition] ??
      // It may have grown.
      (await this.topicAnew(topic)).partitions[partition];
    if (found === undefined)
      throw new UsageError(
        `topic ${topic} has no partition ${partition}`,
        'UNKNOWN_TOPIC_OR_PARTITION',
        { topic, partition },
      );
    if (found.leaderId < 0) {
      this.invalidate(topic);
      throw new BrokerError(ErrorCode.LEADER_NOT_AVAILABLE, undefined, { topic, partition });
    }
    return found;
  }

  /** What is cached about the topic is not true any more. */
  invalidate(topic: string): void {
    this.#cache.invalidate(topic);
  }

  /** A connection to the group's coordinator. @throws BrokerError (retriable) while there is none */
  async coordinator(group: string, purpose?: string): Promise<BrokerConnection> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return this.#pool.connect(known, purpose);
    const response = await this.askAny((connection) =>
      connection.send(
        FIND_COORDINATOR,
        findCoordinatorRequest.create({
          ...(connection.versionOf(findCoordinatorRequest.apiKey!)! >= 4
            ? { coordinatorKeys: [group] }
            : { key: group }),
          keyType: GROUP_COORDINATOR,
        }),
      ),
    );
    const found = response.coordinators[0] ?? response;
    if (found.errorCode !== ErrorCode.NONE)
      throw new BrokerError(found.errorCode, found.errorMessage, { group });
    this.#coordinators.set(group, { host: found.host, port: found.port });
    return this.connect(found.host, found.port, purpose);
  }

  /** The coordinator moved or is gone: the next use looks for it again. */
  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  /** Cuts all connections; requests under way fail. */
  async close(): Promise<void> {
    this.#refresher.close();
    await this.#pool.close();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /**
   * Where to try, in this order: open connections, brokers that are not left alone now, the others, bootstrap servers; and
   * then those in doubt, of whom all are believed again when there is nobody else.
   */
  #addresses(): Address[] {
    const { platform, bootstrapServers } = this.options;
    const nowMs = platform.clock.monotonicMs();
    const known = [...this.metadata.brokers.values()];
    const start = known.length === 0 ? 0 : platform.random.below(known.length);
    const rank = (address: Address): number => {
      if (this.#pool.ready(address) !== undefined) return 0;
      return this.#pool.retryAtMs(address) <= nowMs ? 1 : 2;
    };
    const rotated = [...known.slice(start), ...known.slice(0, start)];
    const all = [...rotated.sort((a, b) => rank(a) - rank(b)), ...bootstrapServers];
    const isDoubted = ({ host, port }: Address): boolean => this.#doubted.has(`${host}:${port}`);
    const trusted = all.filter((address) => !isDoubted(address));
    if (trusted.length === 0) this.#doubted.clear();
    return [...trusted, ...all.filter((address) => !trusted.includes(address))];
  }

  #rebootstrapAfterSilence(): void {
    const silentMs = this.options.platform.clock.monotonicMs() - this.#fetchedMs;
    const { rebootstrapTriggerMs, metadataMaxAgeMs } = this.options;
    // Who did not ask for metadata, because what it had was fresh enough, heard nothing either.
    if (silentMs > rebootstrapTriggerMs + metadataMaxAgeMs) this.#rebootstrap();
  }

  #rebootstrap(): void {
    this.#cache.forgetBrokers();
    this.#coordinators.clear();
  }
}

/** Who leads the topics' partitions, and since when, as text to compare. */
function leadersOf({ topics }: ClusterMetadata, names: readonly string[]): string {
  return names
    .map((name) =>
      (topics.get(name)?.partitions ?? [])
        .map(({ leaderId, leaderEpoch }) => `${leaderId}/${leaderEpoch}`)
        .join(),
    )
    .join(';');
}
