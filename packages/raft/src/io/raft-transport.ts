// How a quorum node reaches the others; the broker implements it on its connections. A few requests may be under way to a
// node at a time; their order does not matter.
import type { MessageCodec } from '@ottla/protocol';
import type { Voter } from '../replica.ts';

/** A request's and its response's codecs. */
export interface RequestKind<Request, Response> {
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
}

export interface RaftTransport {
  /**
   * Sends a request at the highest version that both sides know.
   * @returns rejects when there is no answer within `timeoutMs`, or the connection fails
   */
  send<Request, Response>(
    to: Voter,
    kind: RequestKind<Request, Response>,
    request: Request,
    timeoutMs: number,
  ): Promise<Response>;
}
