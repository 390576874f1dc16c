// A client's request that only the controller can answer: the broker passes it on in an Envelope, in the version in
// which it came, and hands back the answer (KIP-590). Kafka: KafkaApis.forwardToController.

import type { MessageCodec } from '@ottla/protocol';
import type { ApiHandler, CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';

/** Makes the `createHandler` of an API that is forwarded as it is. */
export function forwarded<Request, Response>(
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
  errorResponse: ApiHandler<Request, Response>['errorResponse'],
): CreateApiHandler<BrokerServices, Request, Response> {
  return (services) => ({
    request,
    response,
    handle: (context, body) => services.controller.forward(context, request, response, body),
    errorResponse,
  });
}
