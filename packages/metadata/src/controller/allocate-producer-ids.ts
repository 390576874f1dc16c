// AllocateProducerIds: blocks of producer ids for brokers. Kafka: ProducerIdControlManager; KIP-730.
import { ErrorCode } from '@ottla/protocol';
import type {
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
} from '@ottla/protocol/messages/allocate-producer-ids';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import { type DecisionScope, registeredBroker } from './decision-scope.ts';
import type { ControllerResult } from './operations.ts';

/** Ids in one block. */
export const PRODUCER_ID_BLOCK_SIZE = 1000;

/** Decides on an AllocateProducerIds request. A block is used by one broker only, or by nobody. */
export function allocateProducerIds(
  scope: DecisionScope,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): ControllerResult<AllocateProducerIdsResponse> {
  const producerIdStart = scope.image.producerIds?.nextProducerId ?? 0;
  const nextProducerId = producerIdStart + PRODUCER_ID_BLOCK_SIZE;
  const records: MetadataRecord[] = [];
  const { errorCode } = errorFieldsOf(() => {
    registeredBroker(scope, brokerId, brokerEpoch);
    if (!Number.isSafeInteger(nextProducerId)) throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR);
    records.push(metadataRecord('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId }));
  });
  const response =
    records.length > 0
      ? { throttleTimeMs: 0, errorCode, producerIdStart, producerIdLen: PRODUCER_ID_BLOCK_SIZE }
      : { throttleTimeMs: 0, errorCode, producerIdStart: 0, producerIdLen: 0 };
  return { records, response };
}
