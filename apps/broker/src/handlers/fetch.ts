// Fetch: record batches as regions, at once or when there are enough of them. Kafka: KafkaApis.handleFetchRequest,
// ReplicaManager.fetchMessages.
import { ErrorCode } from '@ottla/protocol';
import {
  type FetchRequest,
  fetchRequest,
  type FetchResponse,
  fetchResponse,
} from '@ottla/protocol/messages/fetch';
import type { ApiHandler } from '../network/api-handler.ts';
import type { RequestContext } from '../network/request-context.ts';
import { isResponseRegion } from '../network/response-region.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { DelayedFetch, type WatchedPartition } from './delayed-fetch.ts';
import { type FetchLimits, FetchRead, refusalOf, resolve } from './fetch-read.ts';
import { note, type WantedPartition } from './fetch-session.ts';
import { type FetchContext, FetchSessions, NO_SESSION } from './fetch-sessions.ts';
import { type FetchedPartition, releaseAll } from './fetched-partition.ts';
import { LeaderHints } from './leader-hints.ts';
import { selectsByRack } from './read-replica.ts';

/** What fetching needs of the broker. */
export type FetchServices = Pick<
  BrokerServices,
  'platform' | 'config' | 'metrics' | 'replicas' | 'purgatory'
>;

const READ_COMMITTED = 1;
const STORAGE_ERROR_VERSION_MIN = 6;
const SESSION_VERSION_MIN = 7;
const RACK_VERSION_MIN = 11;
const TOPIC_ID_VERSION_MIN = 13;
const REPLICA_STATE_VERSION_MIN = 15;
const LEADER_VERSION_MIN = 16;

/** Serves Fetch 4 to 18. */
export const createHandler = (services: FetchServices): ApiHandler<FetchRequest, FetchResponse> => {
  const { platform, config, metrics } = services;
  const sessions = new FetchSessions({
    clock: platform.clock,
    random: platform.random,
    slots: config.number('max.incremental.fetch.session.cache.slots'),
  });
  metrics.gauge('ottla_fetch_sessions', 'Fetch sessions', () => sessions.size);
  metrics.gauge(
    'ottla_fetch_session_partitions',
    'Partitions of all fetch sessions',
    () => sessions.partitionCount,
  );
  const settings = {
    maxBytes: config.number('fetch.max.bytes'),
    selectsByRack: selectsByRack(config.raw('replica.selector.class')),
  };
  return {
    request: fetchRequest,
    response: fetchResponse,
    handle: (context, request) =>
      new FetchExchange(services, sessions, settings, context, request).run(),
    errorResponse: failedResponse,
    dispose(response) {
      for (const { partitions } of response.responses)
        for (const { records } of partitions)
          if (records !== null && !(records instanceof Uint8Array) && isResponseRegion(records))
            records.release();
    },
  };
};

/** Before sessions the code has no place but the partitions. */
function failedResponse(request: FetchRequest, version: number, code: number): FetchResponse {
  const response = fetchResponse.create({ errorCode: code });
  if (version >= SESSION_VERSION_MIN) return response;
  response.responses = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => ({
      partitionIndex: partition,
      errorCode: code,
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      abortedTransactions: null,
      preferredReadReplica: -1,
      records: Buffer.alloc(0),
      divergingEpoch: { epoch: -1, endOffset: -1 },
      currentLeader: { leaderId: -1, leaderEpoch: -1 },
      snapshotId: { endOffset: -1, epoch: -1 },
    })),
  }));
  return response;
}

/** Of the broker. */
interface FetchSettings {
  /** Of one response. */
  readonly maxBytes: number;
  readonly selectsByRack: boolean;
}

/** One request on its way. */
class FetchExchange {
  readonly #services: FetchServices;
  readonly #sessions: FetchSessions;
  readonly #settings: FetchSettings;
  readonly #context: RequestContext;
  readonly #request: FetchRequest;
  readonly #limits: FetchLimits;
  readonly #minBytes: number;
  #session: FetchContext | undefined;
  #wanted: readonly WantedPartition[] = [];

  constructor(
    services: FetchServices,
    sessions: FetchSessions,
    settings: FetchSettings,
    context: RequestContext,
    request: FetchRequest,
  ) {
    const { apiVersion } = context;
    const { replicaId: followerId, replicaEpoch } =
      apiVersion >= REPLICA_STATE_VERSION_MIN
        ? request.replicaState
        : { replicaId: request.replicaId, replicaEpoch: -1 };
    const isCommitted = request.isolationLevel === READ_COMMITTED;
    const { listenerName } = context.connection;
    const knowsRacks = followerId < 0 && apiVersion >= RACK_VERSION_MIN;
    this.#settings = settings;
    this.#services = services;
    this.#sessions = sessions;
    this.#context = context;
    this.#request = request;
    this.#limits = {
      followerId,
      followerEpoch: replicaEpoch,
      client: knowsRacks ? { rackId: request.rackId, listenerName } : undefined,
      isolation: followerId >= 0 ? 'log-end' : isCommitted ? 'committed' : 'high-watermark',
      usesTopicIds: apiVersion >= TOPIC_ID_VERSION_MIN,
      maxBytes: followerId >= 0 ? request.maxBytes : Math.min(request.maxBytes, settings.maxBytes),
    };
    this.#minBytes = Math.min(request.minBytes, this.#limits.maxBytes);
  }

  run(): FetchResponse | Promise<FetchResponse> {
    const session = this.#sessions.begin(this.#request, this.#limits.usesTopicIds);
    if (session.kind === 'error') return fetchResponse.create({ errorCode: session.errorCode });
    this.#session = session;
    this.#wanted = [...session.partitions];
    const read = this.#newRead(true);
    const reading = read.run();
    if (reading === undefined) return this.#answerOrWait(read);
    return reading.then(() => this.#answerOrWait(read));
  }

  #newRead(isFirst: boolean): FetchRead {
    return new FetchRead({
      replicas: this.#services.replicas,
      wanted: this.#wanted,
      limits: this.#limits,
      isFirst,
      selectsByRack: this.#settings.selectsByRack,
    });
  }

  #answerOrWait(read: FetchRead): FetchResponse | Promise<FetchResponse> {
    const isEnough = read.sizeBytes >= this.#minBytes || read.isUrgent;
    if (isEnough || this.#request.maxWaitMs <= 0) return this.#respond(read.results);
    const watched = this.#watched();
    if (watched.length === 0) return this.#respond(read.results);
    read.release();
    this.#context.releaseFrame();
    return this.#wait(watched);
  }

  #watched(): WatchedPartition[] {
    const watched: WatchedPartition[] = [];
    for (const wanted of this.#wanted) {
      const partition = resolve(this.#services.replicas, wanted, this.#limits.usesTopicIds);
      if (typeof partition !== 'number') watched.push({ wanted, partition });
    }
    return watched;
  }

  #wait(watched: readonly WatchedPartition[]): Promise<FetchResponse> {
    const { connection } = this.#context;
    return new Promise((resolve, reject) => {
      const operation = new DelayedFetch({
        watched,
        isolation: this.#limits.isolation,
        isHeldBack: (partition) =>
          this.#services.replicas.isHeldBack(partition, this.#limits.followerId),
        refusal: ({ wanted, partition }) => refusalOf(partition, wanted, this.#limits),
        tellsHighWatermark: this.#limits.followerId >= 0 && this.#settings.selectsByRack,
        minBytes: this.#minBytes,
        isAbandoned: () => connection.isClosed,
        answer: () => void this.#answer().then(resolve, reject),
      });
      const keys = watched.map(({ partition }) => partition);
      this.#services.purgatory.tryCompleteElseWatch(operation, this.#request.maxWaitMs, keys);
    });
  }

  /** After the wait: whatever is there. */
  async #answer(): Promise<FetchResponse> {
    if (this.#context.connection.isClosed) return fetchResponse.create();
    const read = this.#newRead(false);
    const reading = read.run();
    if (reading !== undefined) await reading;
    return this.#respond(read.results);
  }

  #respond(results: readonly FetchedPartition[]): FetchResponse {
    const session = this.#session!;
    const response = fetchResponse.create();
    if (session.kind === 'incremental') {
      response.sessionId = session.session.id;
      if (session.session.epoch !== session.epoch) {
        releaseAll(results);
        response.errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH;
        return response;
      }
    }
    this.#hint(response, results);
    for (const result of results) {
      const { wanted, data, region } = result;
      if (session.kind === 'incremental') {
        if (!session.session.tell(wanted, data, region?.sizeBytes ?? 0)) continue;
      } else note(wanted, data);
      addPartition(response, result);
    }
    if (session.kind === 'full') response.sessionId = this.#createSession();
    return response;
  }

  #createSession(): number {
    if (this.#context.apiVersion < SESSION_VERSION_MIN) return NO_SESSION;
    const { usesTopicIds, followerId } = this.#limits;
    return this.#sessions.create(this.#wanted, usesTopicIds, followerId >= 0);
  }

  /** Codes in the form that the version knows, and the new leader of what this broker does not lead. */
  #hint(response: FetchResponse, results: readonly FetchedPartition[]): void {
    const { apiVersion, connection } = this.#context;
    let hints: LeaderHints | undefined;
    for (const { wanted, data } of results) {
      const { errorCode } = data;
      if (errorCode === ErrorCode.NONE) continue;
      if (errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < STORAGE_ERROR_VERSION_MIN)
        data.errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER;
      const hasMoved =
        errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER ||
        errorCode === ErrorCode.FENCED_LEADER_EPOCH;
      if (!hasMoved || apiVersion < LEADER_VERSION_MIN) continue;
      const { image } = this.#services.replicas;
      hints ??= new LeaderHints(image, connection.listenerName);
      const topic = image.topics.nameById.get(wanted.topicId) ?? wanted.topic;
      data.currentLeader = hints.leaderOf(topic, wanted.partition);
    }
    if (hints !== undefined) response.nodeEndpoints = hints.nodes;
  }
}

/** Neighbours of one topic share its entry. */
function addPartition(response: FetchResponse, { wanted, data }: FetchedPartition): void {
  const last = response.responses.at(-1);
  if (last !== undefined && last.topic === wanted.topic && last.topicId === wanted.topicId)
    last.partitions.push(data);
  else
    response.responses.push({
      topic: wanted.topic,
      topicId: wanted.topicId,
      partitions: [data],
    });
}
