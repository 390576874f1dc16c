// What the handlers of group requests share: the coordinator does the work, they translate. Kafka: the group part of
// KafkaApis.
import type { GroupCoordinator, RequestContext as GroupContext } from '@ottla/coordinator';
import type { MessageCodec } from '@ottla/protocol';
import type { ApiHandler, CreateApiHandler } from '../network/api-handler.ts';
import type { RequestContext } from '../network/request-context.ts';
import type { BrokerServices } from '../server/broker-services.ts';

/** What group requests need of the broker. */
export type GroupServices = Pick<BrokerServices, 'groups'>;

/** One group API. */
export interface GroupApi<Request, Response> {
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
  /** Never rejects; what it keeps of the request it copies. */
  answer(groups: GroupCoordinator, context: GroupContext, request: Request): Promise<Response>;
  /** The response that fails all of the request. */
  fail(request: Request, errorCode: number, version: number): Response;
}

/** The handler of a group API. The frame is given back before the wait, which may be a whole rebalance. */
export function groupHandler<Request, Response>(
  api: GroupApi<Request, Response>,
): CreateApiHandler<GroupServices, Request, Response> {
  return ({ groups }): ApiHandler<Request, Response> => ({
    request: api.request,
    response: api.response,
    handle(context, request) {
      const response = api.answer(groups, groupContext(context), request);
      context.releaseFrame();
      return response;
    },
    errorResponse: (request, version, errorCode) => api.fail(request, errorCode, version),
  });
}

function groupContext({ clientId, clientHost, apiVersion }: RequestContext): GroupContext {
  return { clientId: clientId ?? '', clientHost, apiVersion };
}
