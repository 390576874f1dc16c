// A client's request that only the controller can answer: the broker passes it on in an Envelope, in the version in
// which it came, and hands back the answer (KIP-590). Kafka: KafkaApis.forwardToController.

import type { MetadataImage } from '@ottla/metadata';
import type { MessageCodec } from '@ottla/protocol';
import type { ApiHandler, CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';

/** What of the metadata shows that a decision of the controller has come to this broker. */
export interface Decision {
  readonly isIn: (image: MetadataImage) => boolean;
  /** How long the client wants to wait for it. */
  readonly timeoutMs: number;
}

/**
 * Makes the `createHandler` of an API that is forwarded as it is.
 *
 * @param decided the answer is held back until this broker works with what was decided, or the client's time is up
 */
export function forwarded<Request, Response>(
  request: MessageCodec<Request>,
  response: MessageCodec<Response>,
  errorResponse: ApiHandler<Request, Response>['errorResponse'],
  decided?: (request: Request, response: Response) => Decision | undefined,
): CreateApiHandler<BrokerServices, Request, Response> {
  return ({ controller, catchUp }) => ({
    request,
    response,
    handle: async (context, body) => {
      const answer = await controller.forward(context, request, response, body);
      const decision = decided?.(body, answer);
      if (decision !== undefined) await catchUp.applied(decision.isIn, decision.timeoutMs);
      return answer;
    },
    errorResponse,
  });
}
