// The broker's way to the active controller: requests in the encoded protocol over one connection at a time, retried
// until the controller is found or the deadline passed. Kafka: NodeToControllerChannelManager, ForwardingManager.

import type { MessageCodec } from '@ottla/protocol';
import type { RequestContext } from '../network/request-context.ts';

/** Sends requests to the active controller. */
export interface ControllerChannel {
  /**
   * The broker's own request.
   *
   * @throws ApiError REQUEST_TIMED_OUT when no active controller answered within `timeoutMs`
   */
  send<Request, Response>(
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
    options?: { readonly version?: number; readonly timeoutMs?: number },
  ): Promise<Response>;
  /**
   * A client's request in an Envelope, in its own version and with its principal.
   *
   * @throws ApiError REQUEST_TIMED_OUT as `send`
   */
  forward<Request, Response>(
    context: RequestContext,
    request: MessageCodec<Request>,
    response: MessageCodec<Response>,
    body: Request,
  ): Promise<Response>;
}
