// One API, from decoded request to response. `src/handlers/` holds one module for each API; it is imported when its
// first request arrives, so that starting does not load what nobody calls. Kafka: KafkaApis, ControllerApis.

import type { MessageCodec, Reader } from '@ottla/protocol';
import type { RequestContext } from './request-context.ts';

/** Returned by a handler that owes no response (Produce with acks=0). The connection goes on with the next request. */
export const NO_RESPONSE: unique symbol = Symbol('no response');
export type NoResponse = typeof NO_RESPONSE;

/** The half of a request's codec that a server needs. */
export interface RequestDecoder<Request> {
  readonly name: string;
  decode(reader: Reader, version: number): Request;
}

/** How one API is served. Stateless itself; what it needs of the broker is given to {@link CreateApiHandler}. */
export interface ApiHandler<Request = unknown, Response = unknown> {
  readonly request: RequestDecoder<Request>;
  readonly response: MessageCodec<Response>;
  /**
   * Answers the request. Where the response's `records` fields are regions, they are `ResponseRegion`s, owned by the
   * connection from here on.
   *
   * A thrown or rejected `ApiError` becomes `errorResponse`; any other error is logged and becomes UNKNOWN_SERVER_ERROR.
   */
  handle(
    context: RequestContext,
    request: Request,
  ): Response | NoResponse | Promise<Response | NoResponse>;
  /** The response that fails the whole request: the code in the place that this API has for it, in every item asked. */
  errorResponse(request: Request, version: number, code: number, message: string): Response;
  /** Called when the response was encoded and could not be sent, or was replaced: frees what the response holds. */
  dispose?(response: Response): void;
}

/** What a module in `src/handlers/` exports as `createHandler`. `Services` are the broker's parts. */
export type CreateApiHandler<Services, Request = unknown, Response = unknown> = (
  services: Services,
) => ApiHandler<Request, Response>;

/** A lazily imported handler module. */
export type LoadApiHandler<Services> = () => Promise<{
  // oxlint-disable-next-line typescript/no-explicit-any -- each module has its own request and response types
  readonly createHandler: CreateApiHandler<Services, any, any>;
}>;

/** Which APIs a listener of one role serves: API key → module. */
export type ApiTable<Services> = ReadonlyMap<number, LoadApiHandler<Services>>;
