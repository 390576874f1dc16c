// Envelope (KIP-590): a broker passes a client's request on. The inner request is handled as if the client had asked
// here, with the client's principal and address; the inner response goes back as bytes.
// Kafka: EnvelopeUtils, RequestChannel.buildResponse.

import {
  ApiKey,
  apiInfo,
  decodeRequestHeader,
  encodeResponse,
  ErrorCode,
  errorInfo,
  FRAME_SIZE_BYTES,
  ProtocolError,
  Reader,
} from '@ottla/protocol';
import type { RequestHeader } from '@ottla/protocol';
import { defaultPrincipalData } from '@ottla/protocol/messages/default-principal-data';
import { envelopeRequest, envelopeResponse } from '@ottla/protocol/messages/envelope';
import type { EnvelopeRequest, EnvelopeResponse } from '@ottla/protocol/messages/envelope';
import { ApiError } from '../../network/api-error.ts';
import { NO_RESPONSE } from '../../network/api-handler.ts';
import type { ApiHandler, CreateApiHandler } from '../../network/api-handler.ts';
import type { Principal, RequestContext } from '../../network/request-context.ts';
import { addressText } from '../../server/address-bytes.ts';
import { CONTROLLER_API_TABLE } from '../controller-api-table.ts';
import type { ControllerServices } from '../controller-services.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- requests and responses differ by API
type AnyHandler = ApiHandler<any, any>;

/** Opens the envelope, handles what is in it, and closes the answer into one. */
export const createHandler: CreateApiHandler<
  ControllerServices,
  EnvelopeRequest,
  EnvelopeResponse
> = (services) => {
  const handlers = new Map<number, AnyHandler>();
  const handlerOf = async (apiKey: number): Promise<AnyHandler> => {
    const known = handlers.get(apiKey);
    if (known !== undefined) return known;
    const load = CONTROLLER_API_TABLE.get(apiKey);
    if (load === undefined) throw new ApiError(ErrorCode.INVALID_REQUEST);
    const handler = (await load()).createHandler(services);
    handlers.set(apiKey, handler);
    return handler;
  };
  return {
    request: envelopeRequest,
    response: envelopeResponse,
    handle: async (context, envelope) => {
      const { header, reader } = openEnvelope(envelope);
      // Said of the envelope, so that the broker looks for the controller: an Apache Kafka broker keeps to the one that it
      // heard of first for as long as the answers inside name other errors (NOT_LEADER_OR_FOLLOWER of DescribeQuorum).
      if (services.driver.activeEpoch === undefined) throw new ApiError(ErrorCode.NOT_CONTROLLER);
      const handler = await handlerOf(header.requestApiKey);
      const inner = forwardedContext(context, envelope, header);
      return envelopeResponse.create({
        responseData: await answer(services, handler, inner, reader),
      });
    },
    errorResponse: (_request, _version, errorCode) => envelopeResponse.create({ errorCode }),
  };
};

/** @throws ApiError when it is nothing that a broker may forward */
function openEnvelope(envelope: EnvelopeRequest): { header: RequestHeader; reader: Reader } {
  const reader = new Reader(envelope.requestData);
  const header = refuseMalformed(() => decodeRequestHeader(reader));
  const { requestApiKey: key, requestApiVersion: version } = header;
  const api = apiInfo(key);
  if (api === undefined || !api.forwardable || key === ApiKey.Envelope)
    throw new ApiError(ErrorCode.INVALID_REQUEST);
  if (version < api.minVersion || version > api.maxVersion)
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION);
  return { header, reader };
}

async function answer(
  services: ControllerServices,
  handler: AnyHandler,
  context: RequestContext,
  reader: Reader,
): Promise<Buffer> {
  const request: unknown = refuseMalformed(() =>
    handler.request.decode(reader, context.apiVersion),
  );
  let response: unknown;
  try {
    response = await handler.handle(context, request);
  } catch (error) {
    const code = error instanceof ApiError ? error.code : ErrorCode.UNKNOWN_SERVER_ERROR;
    // The broker has to look for the controller and send it again: that is the envelope's affair.
    if (code === ErrorCode.NOT_CONTROLLER) throw error;
    if (!(error instanceof ApiError))
      services.logger.error(`forwarded ${handler.request.name} failed`, { error });
    const message = error instanceof ApiError ? error.message : errorInfo(code).description;
    response = handler.errorResponse(request, context.apiVersion, code, message);
  }
  if (response === NO_RESPONSE) throw new Error(`${handler.request.name} owes no response`);
  const { apiVersion, correlationId } = context;
  const frame = encodeResponse(handler.response, apiVersion, correlationId, response);
  return Buffer.concat(frame as Buffer[]).subarray(FRAME_SIZE_BYTES);
}

function forwardedContext(
  context: RequestContext,
  envelope: EnvelopeRequest,
  header: RequestHeader,
): RequestContext {
  const remoteHost = addressText(envelope.clientHostAddress);
  if (remoteHost === undefined) throw new ApiError(ErrorCode.INVALID_REQUEST);
  const principal = decodePrincipal(envelope.requestPrincipal);
  const { connection } = context;
  return {
    connection: {
      id: connection.id,
      remoteHost,
      remotePort: connection.remotePort,
      localHost: connection.localHost,
      localPort: connection.localPort,
      listenerName: connection.listenerName,
      listenerRole: connection.listenerRole,
      securityProtocol: connection.securityProtocol,
      principal,
      clientSoftwareName: connection.clientSoftwareName,
      clientSoftwareVersion: connection.clientSoftwareVersion,
      get isClosed() {
        return connection.isClosed;
      },
    },
    principal,
    apiKey: header.requestApiKey,
    apiVersion: header.requestApiVersion,
    correlationId: header.correlationId,
    clientId: header.clientId,
    clientHost: `/${remoteHost}`,
    receivedAtMs: context.receivedAtMs,
    receivedMonotonicMs: context.receivedMonotonicMs,
    frame: context.frame,
    releaseFrame: () => context.releaseFrame(),
  };
}

/** @throws ApiError PRINCIPAL_DESERIALIZATION_FAILURE */
function decodePrincipal(bytes: Buffer | null): Principal {
  try {
    const reader = new Reader(bytes ?? Buffer.alloc(0));
    const version = reader.int16();
    const { type, name } = defaultPrincipalData.decode(reader, version);
    return { type, name };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ApiError(ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE);
  }
}

function refuseMalformed<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ProtocolError)
      throw new ApiError(ErrorCode.INVALID_REQUEST, error.message);
    throw error;
  }
}
