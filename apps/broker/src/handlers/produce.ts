// Produce: batches into the logs of partitions that this broker leads. Appends begin in the turn in which the request is
// decoded, so that the order on a connection is the order in the logs. Kafka: KafkaApis.handleProduceRequest,
// ReplicaManager.appendRecords.
import type { AppendResult } from '@ottla/log';
import { topicById } from '@ottla/metadata';
import { ErrorCode, ProtocolError } from '@ottla/protocol';
import {
  type PartitionProduceData,
  type PartitionProduceResponse,
  type ProduceRequest,
  produceRequest,
  type ProduceResponse,
  produceResponse,
  type TopicProduceData,
} from '@ottla/protocol/messages/produce';
import { ApiError } from '../network/api-error.ts';
import { type ApiHandler, NO_RESPONSE, type NoResponse } from '../network/api-handler.ts';
import type { RequestContext } from '../network/request-context.ts';
import { InvalidRequestError } from '../network/request-pipeline.ts';
import type { Partition } from '../replica/partition.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { DelayedProduce, type ProducedPartition } from './delayed-produce.ts';
import { errorCodeOf } from './error-code.ts';
import { isOutOfBounds } from './internal-topics.ts';
import { LeaderHints } from './leader-hints.ts';
import { checkProducedBatch, isTransactionalBatch } from './produced-batch.ts';

/** What producing needs of the broker. */
export type ProduceServices = Pick<BrokerServices, 'replicas' | 'purgatory'>;

type Request = ProduceRequest<Buffer>;
const ACKS_ALL = -1;
const TOPIC_ID_VERSION_MIN = 13;
const LEADER_VERSION_MIN = 10;

/** Serves Produce 3 to 13. */
export const createHandler = (services: ProduceServices): ApiHandler<Request, ProduceResponse> => ({
  request: produceRequest,
  response: produceResponse,
  handle(context, request) {
    if (isTransactional(request))
      throw new ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    return new ProduceExchange(services, context, request).run();
  },
  errorResponse(request, _version, code, message) {
    if (request.acks === 0) throw closeConnection();
    return produceResponse.create({
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => failed(index, code, message)),
      })),
    });
  },
});

/** Without acknowledgements only the end of the connection tells a producer that something went wrong. */
function closeConnection(): InvalidRequestError {
  return new InvalidRequestError('a produce request with acks=0 failed');
}

function isTransactional(request: Request): boolean {
  if (request.transactionalId !== null) return true;
  return request.topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && isTransactionalBatch(records)),
  );
}

/** One request on its way. */
class ProduceExchange {
  readonly #services: ProduceServices;
  readonly #context: RequestContext;
  readonly #request: Request;
  readonly #response: ProduceResponse = produceResponse.create();
  readonly #appended: ProducedPartition[] = [];
  readonly #appends: Promise<void>[] = [];
  #hints: LeaderHints | undefined;

  constructor(services: ProduceServices, context: RequestContext, request: Request) {
    this.#services = services;
    this.#context = context;
    this.#request = request;
  }

  run(): ProduceResponse | NoResponse | Promise<ProduceResponse | NoResponse> {
    for (const topic of this.#request.topicData) {
      const name = this.#nameOf(topic);
      this.#response.responses.push({
        name: topic.name,
        topicId: topic.topicId,
        partitionResponses: topic.partitionData.map((data) => this.#begin(topic, name, data)),
      });
    }
    const [first, ...others] = this.#appends;
    if (first === undefined) return this.#finish();
    const settled = others.length === 0 ? first : Promise.all(this.#appends);
    return settled.then(() => this.#afterAppends());
  }

  /** '' when there is no topic with this id. */
  #nameOf({ name, topicId }: TopicProduceData<Buffer>): string {
    if (this.#context.apiVersion < TOPIC_ID_VERSION_MIN) return name;
    return topicById(this.#services.replicas.image, topicId)?.name ?? '';
  }

  /** Starts the append; the response is filled in when it is done. */
  #begin(
    topic: TopicProduceData<Buffer>,
    name: string,
    data: PartitionProduceData<Buffer>,
  ): PartitionProduceResponse {
    const { replicas } = this.#services;
    const { index } = data;
    const byId = this.#context.apiVersion >= TOPIC_ID_VERSION_MIN;
    const partition = byId
      ? replicas.partitionById(topic.topicId, index)
      : replicas.partition(name, index);
    if (partition === undefined) {
      const code = byId
        ? replicas.whyMissingById(topic.topicId, index)
        : replicas.whyMissing(name, index);
      return this.#refuse(name, index, code);
    }
    const checked = checkProducedBatch(data.records, this.#context.apiVersion);
    if (typeof checked === 'number') return this.#refuse(name, index, checked);
    const refusal = this.#refusalOf(partition);
    if (refusal !== ErrorCode.NONE) return this.#refuse(name, index, refusal);
    const response = succeeded(index);
    const { leaderEpoch } = partition;
    const append = partition.append(checked, { lease: this.#context.frame });
    this.#appends.push(
      append.then(
        (result) => this.#appendedTo(partition, leaderEpoch, response, result),
        (error: unknown) => fillError(response, partition, error),
      ),
    );
    return response;
  }

  #refusalOf(partition: Partition): number {
    const { acks } = this.#request;
    if (acks !== 0 && acks !== 1 && acks !== ACKS_ALL) return ErrorCode.INVALID_REQUIRED_ACKS;
    if (isOutOfBounds(partition.topic, this.#context.clientId))
      return ErrorCode.INVALID_TOPIC_EXCEPTION;
    const code = partition.checkLeader(-1);
    if (code !== ErrorCode.NONE) return code;
    return acks === ACKS_ALL && !partition.hasMinInSync
      ? ErrorCode.NOT_ENOUGH_REPLICAS
      : ErrorCode.NONE;
  }

  #refuse(topic: string, index: number, code: number): PartitionProduceResponse {
    const response = failed(index, code, null);
    const { apiVersion, connection } = this.#context;
    if (code === ErrorCode.NOT_LEADER_OR_FOLLOWER && apiVersion >= LEADER_VERSION_MIN) {
      this.#hints ??= new LeaderHints(this.#services.replicas.image, connection.listenerName);
      response.currentLeader = this.#hints.leaderOf(topic, index);
    }
    return response;
  }

  #appendedTo(
    partition: Partition,
    leaderEpoch: number,
    response: PartitionProduceResponse,
    result: AppendResult,
  ): void {
    response.baseOffset = result.baseOffset;
    response.logAppendTimeMs = result.logAppendTimeMs;
    response.logStartOffset = result.logStartOffset;
    if (this.#request.acks !== ACKS_ALL) return;
    const requiredOffset = result.lastOffset + 1;
    const { ledSince, highWatermark } = partition;
    const isLedOn = ledSince >= 0 && ledSince <= leaderEpoch;
    if (!isLedOn || highWatermark < requiredOffset)
      this.#appended.push({ partition, response, leaderEpoch, requiredOffset });
  }

  #afterAppends(): ProduceResponse | NoResponse | Promise<ProduceResponse | NoResponse> {
    if (this.#appended.length === 0) return this.#finish();
    // A long wait: the bytes are in the log, the request memory is somebody else's now.
    this.#context.releaseFrame();
    const keys = this.#appended.map(({ partition }) => partition);
    return new Promise((resolve) => {
      const operation = new DelayedProduce(this.#appended, () => resolve(this.#finish()));
      this.#services.purgatory.tryCompleteElseWatch(operation, this.#request.timeoutMs, keys);
    });
  }

  #finish(): ProduceResponse | NoResponse {
    if (this.#request.acks === 0) {
      const failure = this.#firstError();
      if (failure !== undefined) throw new ApiError(failure);
      return NO_RESPONSE;
    }
    if (this.#hints !== undefined) this.#response.nodeEndpoints = this.#hints.nodes;
    return this.#response;
  }

  #firstError(): number | undefined {
    for (const { partitionResponses } of this.#response.responses)
      for (const { errorCode } of partitionResponses)
        if (errorCode !== ErrorCode.NONE) return errorCode;
    return undefined;
  }
}

function succeeded(index: number): PartitionProduceResponse {
  return {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
  };
}

function failed(
  index: number,
  errorCode: number,
  message: string | null,
): PartitionProduceResponse {
  return { ...succeeded(index), errorCode, errorMessage: message };
}

/** Codes whose cause is in the records; their producer is told which. */
const RECORD_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_RECORD,
  ErrorCode.INVALID_TIMESTAMP,
]);
/** Failures of which Kafka does not say where the log starts. */
const WITHOUT_LOG_START: ReadonlySet<number> = new Set([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

function fillError(response: PartitionProduceResponse, partition: Partition, error: unknown): void {
  response.errorCode = errorCodeOf(error);
  if (!WITHOUT_LOG_START.has(response.errorCode))
    response.logStartOffset = partition.logStartOffset;
  if (!RECORD_ERRORS.has(response.errorCode) || !(error instanceof Error)) return;
  response.errorMessage = error.message;
  const { cause } = error;
  if (cause instanceof ProtocolError && cause.recordIndex !== undefined)
    response.recordErrors = [
      { batchIndex: cause.recordIndex, batchIndexErrorMessage: error.message },
    ];
}
