// A broker of a few hundred lines on the Net port, for what a real one does not do on demand: answers that get lost,
// connections cut in the middle of a frame, errors in a given order. Keeps Kafka's rule for sequences, so duplicates show.
import type { Connection, Listener, Platform } from '@ottla/platform';
import {
  allApis,
  ApiKey,
  decodeRequestHeader,
  encodeResponse,
  ErrorCode,
  type MessageCodec,
  Reader,
  type RequestHeader,
} from '@ottla/protocol';
import * as apiVersions from '@ottla/protocol/messages/api-versions';
import * as findCoordinator from '@ottla/protocol/messages/find-coordinator';
import * as initProducerId from '@ottla/protocol/messages/init-producer-id';
import * as joinGroup from '@ottla/protocol/messages/join-group';
import * as leaveGroup from '@ottla/protocol/messages/leave-group';
import * as metadata from '@ottla/protocol/messages/metadata';
import * as produce from '@ottla/protocol/messages/produce';
import { type BatchHeader, decodeRecords, readBatchHeader } from '@ottla/protocol/records';

/** What happens to one request: nothing else is done with it, except for `loseAnswer`, which serves it first. */
export type Fault =
  | { readonly kind: 'loseAnswer' }
  | { readonly kind: 'cutAnswer'; readonly afterBytes: number }
  | { readonly kind: 'neverAnswer' }
  | { readonly kind: 'sendBytes'; readonly bytes: Buffer }
  | { readonly kind: 'error'; readonly errorCode: number; readonly blamed?: readonly number[] };

/** A request that is to go wrong: the first that fits; each rule holds once. */
export interface FaultRule {
  readonly apiKey: number;
  /** Of a Produce request: only one that carries this partition. */
  readonly partition?: number;
  readonly fault: Fault;
}

export interface FakeBrokerOptions {
  readonly platform: Platform;
  readonly host: string;
  readonly port?: number;
  /** Partitions by topic. */
  readonly topics: Readonly<Record<string, number>>;
  /** Highest version of ApiVersions; an older broker refuses what is above. */
  readonly apiVersionsMax?: number;
  /** Default 1. */
  readonly nodeId?: number;
  /** Shared by the brokers of one cluster; default a cluster of this broker alone. */
  readonly cluster?: FakeCluster;
  /** Batches larger than this are refused. */
  readonly messageMaxBytes?: number;
}

/** What the brokers of a fake cluster have in common: replication is perfect and takes no time. */
export class FakeCluster {
  readonly logs: Map<string, StoredBatch[]> = new Map();
  readonly brokers: Map<number, { readonly host: string; readonly port: number }> = new Map();
  readonly #leaders = new Map<string, { leaderId: number; leaderEpoch: number }>();
  #producerIds = 1_000;

  nextProducerId(): number {
    this.#producerIds += 1;
    return this.#producerIds;
  }

  /** The leader of `topic-partition`: the first broker, until it was moved. */
  leader(partition: string): { leaderId: number; leaderEpoch: number } {
    return this.#leaders.get(partition) ?? { leaderId: 1, leaderEpoch: 0 };
  }

  moveLeader(partition: string, leaderId: number): void {
    const { leaderEpoch } = this.leader(partition);
    this.#leaders.set(partition, { leaderId, leaderEpoch: leaderEpoch + 1 });
  }
}

/** Answers an API as a test wants; `request` is decoded. @returns the fields of the response that are not at their default */
export interface Script<Request, Response> {
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
  answer(request: Request): Partial<Response>;
}

interface StoredBatch {
  readonly producerId: number;
  readonly epoch: number;
  readonly baseSequence: number;
  readonly baseOffset: number;
  readonly recordCount: number;
  readonly values: readonly string[];
}

const PORT = 9092;
/** Of each producer in a partition: as many as a producer may have in flight. */
const REMEMBERED_BATCHES = 5;

function blamedBy(fault: Fault | undefined): produce.BatchIndexAndErrorMessage[] {
  const blamed = fault?.kind === 'error' ? (fault.blamed ?? []) : [];
  return blamed.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: 'this one' }));
}

/** An id that is not zero, from the name. */
function topicIdOf(name: string): string {
  return Buffer.concat([Buffer.from(name), Buffer.alloc(16, 1)])
    .subarray(0, 16)
    .toString('base64url');
}

export class FakeBroker {
  readonly #options: FakeBrokerOptions;
  readonly #cluster: FakeCluster;
  readonly #nodeId: number;
  readonly #faults: FaultRule[] = [];
  readonly #scripts = new Map<number, Script<unknown, unknown>>();
  readonly #connections = new Set<Connection>();
  /** Answers that go out together, when there are so many. */
  #together = { count: 0, answers: [] as Buffer[] };
  readonly requests: { readonly apiKey: number; readonly version: number }[] = [];
  #listener: Listener | undefined;

  private constructor(options: FakeBrokerOptions) {
    this.#options = options;
    this.#nodeId = options.nodeId ?? 1;
    this.#cluster = options.cluster ?? new FakeCluster();
    const { host, port = PORT } = options;
    this.#cluster.brokers.set(this.#nodeId, { host, port });
  }

  static async start(options: FakeBrokerOptions): Promise<FakeBroker> {
    const broker = new FakeBroker(options);
    const { platform, port = PORT } = options;
    broker.#listener = await platform.net.listen({ host: '0.0.0.0', port }, (connection) =>
      broker.#serve(connection),
    );
    return broker;
  }

  get bootstrapServers(): string {
    return `${this.#options.host}:${this.#options.port ?? PORT}`;
  }

  /** Lets requests go wrong, in the order of the rules. */
  inject(...rules: readonly FaultRule[]): void {
    this.#faults.push(...rules);
  }

  /** From now on answers the API by the script alone. */
  script<Request, Response>(script: Script<Request, Response>): void {
    this.#scripts.set(script.request.apiKey!, script as Script<unknown, unknown>);
  }

  /** The next `count` answers go out in one piece, when the last is ready. */
  answerTogether(count: number): void {
    this.#together = { count, answers: [] };
  }

  /** How many injected faults have not happened yet. */
  get faultsLeft(): number {
    return this.#faults.length;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** What the partition's log holds, in order. */
  values(topic: string, partition: number): string[] {
    return this.batches(topic, partition).flatMap(({ values }) => values);
  }

  batches(topic: string, partition: number): readonly StoredBatch[] {
    return this.#cluster.logs.get(`${topic}-${partition}`) ?? [];
  }

  count(apiKey: number): number {
    return this.requests.filter((request) => request.apiKey === apiKey).length;
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    for (const connection of this.#connections) connection.destroy();
  }

  #serve(connection: Connection): void {
    this.#connections.add(connection);
    let received = Buffer.alloc(0);
    connection.start({
      onData: (chunk) => {
        received = Buffer.concat([received, chunk]);
        while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
          const end = 4 + received.readInt32BE(0);
          this.#receive(connection, new Reader(received.subarray(4, end)));
          received = received.subarray(end);
        }
      },
      onClose: () => this.#connections.delete(connection),
    });
  }

  #receive(connection: Connection, reader: Reader): void {
    const header = decodeRequestHeader(reader);
    const { requestApiKey: apiKey, requestApiVersion: version } = header;
    this.requests.push({ apiKey, version });
    const newest = this.#options.apiVersionsMax ?? Infinity;
    if (apiKey === ApiKey.ApiVersions && version > newest) {
      const refusal = apiVersions.apiVersionsResponse.create({
        errorCode: ErrorCode.UNSUPPORTED_VERSION,
      });
      send(connection, frame(apiVersions.apiVersionsResponse, header, refusal, 0));
      return;
    }
    const request =
      apiKey === ApiKey.Produce ? produce.produceRequest.decode(reader, version) : undefined;
    const fault = this.#takeFault(apiKey, request);
    if (fault?.kind === 'neverAnswer') return;
    if (fault?.kind === 'sendBytes') return send(connection, fault.bytes);
    const answer = this.#answer(header, reader, request, fault);
    if (fault?.kind === 'loseAnswer') connection.destroy();
    else if (fault?.kind === 'cutAnswer') {
      send(connection, answer!.subarray(0, fault.afterBytes));
      connection.end();
    } else if (answer !== undefined) this.#send(connection, answer);
  }

  #send(connection: Connection, answer: Buffer): void {
    const { count, answers } = this.#together;
    if (answers.length < count) answers.push(answer);
    if (answers.length === 0) send(connection, answer);
    else if (answers.length === count) {
      this.answerTogether(0);
      send(connection, Buffer.concat(answers));
    }
  }

  #takeFault(apiKey: number, request: produce.ProduceRequest | undefined): Fault | undefined {
    const at = this.#faults.findIndex(
      (rule) =>
        rule.apiKey === apiKey &&
        (rule.partition === undefined ||
          request?.topicData.some(({ partitionData }) =>
            partitionData.some(({ index }) => index === rule.partition),
          ) === true),
    );
    return at < 0 ? undefined : this.#faults.splice(at, 1)[0]!.fault;
  }

  #answer(
    header: RequestHeader,
    reader: Reader,
    request: produce.ProduceRequest | undefined,
    fault: Fault | undefined,
  ): Buffer | undefined {
    const version = header.requestApiVersion;
    const script = this.#scripts.get(header.requestApiKey);
    if (script !== undefined) {
      const asked = request ?? script.request.decode(reader, version);
      return frame(script.response, header, script.response.create(script.answer(asked) as object));
    }
    const errorCode = fault?.kind === 'error' ? fault.errorCode : 0;
    switch (header.requestApiKey) {
      case ApiKey.ApiVersions:
        return frame(apiVersions.apiVersionsResponse, header, this.#apiVersions());
      case ApiKey.Metadata:
        return frame(
          metadata.metadataResponse,
          header,
          this.#metadata(metadata.metadataRequest.decode(reader, version), errorCode),
        );
      case ApiKey.InitProducerId:
        return frame(
          initProducerId.initProducerIdResponse,
          header,
          initProducerId.initProducerIdResponse.create({
            errorCode,
            producerId: this.#cluster.nextProducerId(),
            producerEpoch: 0,
          }),
        );
      case ApiKey.Produce:
        return this.#produce(header, request!, errorCode, blamedBy(fault));
      case ApiKey.FindCoordinator:
        return frame(findCoordinator.findCoordinatorResponse, header, this.#coordinator());
      case ApiKey.JoinGroup:
        return frame(
          joinGroup.joinGroupResponse,
          header,
          joinGroup.joinGroupResponse.create({ errorCode }),
        );
      case ApiKey.LeaveGroup:
        return frame(
          leaveGroup.leaveGroupResponse,
          header,
          leaveGroup.leaveGroupResponse.create({}),
        );
      default:
        throw new Error(`the fake broker does not serve API ${header.requestApiKey}`);
    }
  }

  #apiVersions(): apiVersions.ApiVersionsResponse {
    return apiVersions.apiVersionsResponse.create({
      apiKeys: allApis().map(({ apiKey, minVersion, maxVersion }) => ({
        apiKey,
        minVersion,
        maxVersion,
      })),
    });
  }

  #metadata(request: metadata.MetadataRequest, errorCode: number): metadata.MetadataResponse {
    const { topics } = this.#options;
    const names = request.topics?.map(({ name }) => name!) ?? Object.keys(topics);
    return metadata.metadataResponse.create({
      errorCode: errorCode === ErrorCode.REBOOTSTRAP_REQUIRED ? errorCode : 0,
      brokers: [...this.#cluster.brokers].map(([nodeId, address]) => ({
        nodeId,
        ...address,
        rack: null,
      })),
      clusterId: 'fake',
      controllerId: 1,
      topics: names.map((name) =>
        metadata.createMetadataResponseTopic({
          name,
          topicId: topicIdOf(name),
          errorCode: name in topics ? errorCode : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          partitions: Array.from({ length: topics[name] ?? 0 }, (_, partitionIndex) =>
            metadata.createMetadataResponsePartition({
              partitionIndex,
              ...this.#cluster.leader(`${name}-${partitionIndex}`),
              replicaNodes: [1],
              isrNodes: [1],
            }),
          ),
        }),
      ),
    });
  }

  #coordinator(): findCoordinator.FindCoordinatorResponse {
    const { host, port = PORT } = this.#options;
    return findCoordinator.findCoordinatorResponse.create({
      coordinators: [{ key: 'any', nodeId: 1, host, port, errorCode: 0, errorMessage: null }],
    });
  }

  #produce(
    header: RequestHeader,
    request: produce.ProduceRequest,
    errorCode: number,
    recordErrors: produce.BatchIndexAndErrorMessage[],
  ): Buffer | undefined {
    const responses = request.topicData.map(({ name, topicId, partitionData }) => {
      const topic = name === '' ? this.#topicOf(topicId) : name;
      return produce.createTopicProduceResponse({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index, records }) =>
          produce.createPartitionProduceResponse({
            index,
            ...(errorCode === 0
              ? this.#appendAsLeader(`${topic}-${index}`, records as Buffer, header)
              : { errorCode, baseOffset: -1, recordErrors }),
          }),
        ),
      });
    });
    if (request.acks === 0) return undefined;
    const leaders = [...this.#cluster.brokers].map(([nodeId, address]) => ({
      nodeId,
      ...address,
      rack: null,
    }));
    const nodeEndpoints = header.requestApiVersion >= 10 ? leaders : [];
    return frame(
      produce.produceResponse,
      header,
      produce.produceResponse.create({ responses, nodeEndpoints }),
    );
  }

  #topicOf(topicId: string): string {
    return Object.keys(this.#options.topics).find((name) => topicIdOf(name) === topicId)!;
  }

  #appendAsLeader(
    key: string,
    records: Buffer,
    { requestApiVersion: version }: RequestHeader,
  ): Partial<produce.PartitionProduceResponse> {
    const currentLeader = this.#cluster.leader(key);
    if (currentLeader.leaderId !== this.#nodeId)
      return {
        errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
        baseOffset: -1,
        ...(version >= 10 ? { currentLeader } : {}),
      };
    if (records.length > (this.#options.messageMaxBytes ?? Infinity))
      return { errorCode: ErrorCode.MESSAGE_TOO_LARGE, baseOffset: -1 };
    return this.#append(key, records);
  }

  /** Kafka's rule: the next sequence of its producer is appended, one that is there already is told its offset again. */
  #append(key: string, records: Buffer): { errorCode: number; baseOffset: number } {
    const batch: BatchHeader = readBatchHeader(records, 0);
    const log = this.#cluster.logs.get(key) ?? [];
    this.#cluster.logs.set(key, log);
    const ofProducer = log.filter(({ producerId }) => producerId === batch.producerId);
    const mine = ofProducer.filter(({ epoch }) => epoch === batch.producerEpoch);
    if (batch.producerId >= 0) {
      if ((ofProducer.at(-1)?.epoch ?? 0) > batch.producerEpoch)
        return { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 };
      const known = mine
        .slice(-REMEMBERED_BATCHES)
        .find(
          ({ baseSequence, recordCount }) =>
            baseSequence === batch.baseSequence && recordCount === batch.recordCount,
        );
      if (known !== undefined) return { errorCode: 0, baseOffset: known.baseOffset };
      const last = mine.at(-1);
      const expected = last === undefined ? 0 : last.baseSequence + last.recordCount;
      if (batch.baseSequence !== expected)
        return { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
    }
    const end = log.at(-1);
    const stored = {
      producerId: batch.producerId,
      epoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      baseOffset: end === undefined ? 0 : end.baseOffset + end.recordCount,
      recordCount: batch.recordCount,
      values: [...decodeRecords(Buffer.from(records))].map(({ value }) => String(value)),
    };
    log.push(stored);
    return { errorCode: 0, baseOffset: stored.baseOffset };
  }
}

function frame<T>(
  codec: MessageCodec<T>,
  header: RequestHeader,
  value: T,
  version: number = header.requestApiVersion,
): Buffer {
  return Buffer.concat(encodeResponse(codec, version, header.correlationId, value) as Buffer[]);
}

function send(connection: Connection, bytes: Buffer): void {
  connection.write([bytes]);
}
