// InitProducerId: an id for an idempotent producer. Transactions are not served: their producers are told so for good.
// Kafka: KafkaApis.handleInitProducerIdRequest.
import { ErrorCode } from '@ottla/protocol';
import {
  type InitProducerIdRequest,
  initProducerIdRequest,
  type InitProducerIdResponse,
  initProducerIdResponse,
} from '@ottla/protocol/messages/init-producer-id';
import { ApiError } from '../network/api-error.ts';
import type { ApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';

const NONE = -1;

/** Serves InitProducerId 0 to 6. */
export const createHandler = ({
  producerIds,
}: Pick<BrokerServices, 'producerIds'>): ApiHandler<
  InitProducerIdRequest,
  InitProducerIdResponse
> => ({
  request: initProducerIdRequest,
  response: initProducerIdResponse,
  async handle(_context, request) {
    if (request.transactionalId !== null)
      throw new ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    if ((request.producerId === NONE) !== (request.producerEpoch === NONE))
      throw new ApiError(ErrorCode.INVALID_REQUEST);
    return initProducerIdResponse.create({
      producerId: await producerIds.next(),
      producerEpoch: 0,
    });
  },
  errorResponse: (_request, _version, errorCode) =>
    initProducerIdResponse.create({ errorCode, producerId: NONE, producerEpoch: NONE }),
});
