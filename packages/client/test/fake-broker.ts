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
  | { readonly kind: 'error'; readonly errorCode: number };

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

export class FakeBroker {
  readonly #options: FakeBrokerOptions;
  readonly #faults: FaultRule[] = [];
  readonly #logs = new Map<string, StoredBatch[]>();
  readonly #connections = new Set<Connection>();
  readonly requests: { readonly apiKey: number; readonly version: number }[] = [];
  #listener: Listener | undefined;
  #producerIds = 1_000;

  private constructor(options: FakeBrokerOptions) {
    this.#options = options;
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
    return this.#logs.get(`${topic}-${partition}`) ?? [];
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
    } else if (answer !== undefined) send(connection, answer);
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
        this.#producerIds += 1;
        return frame(
          initProducerId.initProducerIdResponse,
          header,
          initProducerId.initProducerIdResponse.create({
            errorCode,
            producerId: this.#producerIds,
            producerEpoch: 0,
          }),
        );
      case ApiKey.Produce:
        return this.#produce(header, request!, errorCode);
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
    const { host, port = PORT, topics } = this.#options;
    const names = request.topics?.map(({ name }) => name!) ?? Object.keys(topics);
    return metadata.metadataResponse.create({
      brokers: [{ nodeId: 1, host, port, rack: null }],
      clusterId: 'fake',
      controllerId: 1,
      topics: names.map((name) =>
        metadata.createMetadataResponseTopic({
          name,
          errorCode: name in topics ? errorCode : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          partitions: Array.from({ length: topics[name] ?? 0 }, (_, partitionIndex) =>
            metadata.createMetadataResponsePartition({
              partitionIndex,
              leaderId: 1,
              leaderEpoch: 0,
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
  ): Buffer | undefined {
    const responses = request.topicData.map(({ name, partitionData }) =>
      produce.createTopicProduceResponse({
        name,
        partitionResponses: partitionData.map(({ index, records }) =>
          produce.createPartitionProduceResponse({
            index,
            ...(errorCode === 0
              ? this.#append(`${name}-${index}`, records as Buffer)
              : { errorCode, baseOffset: -1 }),
          }),
        ),
      }),
    );
    if (request.acks === 0) return undefined;
    return frame(produce.produceResponse, header, produce.produceResponse.create({ responses }));
  }

  /** Kafka's rule: the next sequence of its producer is appended, one that is there already is told its offset again. */
  #append(key: string, records: Buffer): { errorCode: number; baseOffset: number } {
    const batch: BatchHeader = readBatchHeader(records, 0);
    const log = this.#logs.get(key) ?? [];
    this.#logs.set(key, log);
    const mine = log.filter(
      ({ producerId, epoch }) => producerId === batch.producerId && epoch === batch.producerEpoch,
    );
    if (batch.producerId >= 0) {
      const known = mine.find(({ baseSequence }) => baseSequence === batch.baseSequence);
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
