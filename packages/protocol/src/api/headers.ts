// Request and response headers. Their version follows from the API and its version, which for requests is written in
// the header itself, in front of everything else.
// Kafka: org.apache.kafka.common.requests.RequestHeader, ResponseHeader; KIP-482, KIP-511.

import { requestHeader } from '../gen/request-header.ts';
import type { RequestHeader } from '../gen/request-header.ts';
import { responseHeader } from '../gen/response-header.ts';
import type { ResponseHeader } from '../gen/response-header.ts';
import { ProtocolError } from '../protocol-error.ts';
import { Reader } from '../wire/reader.ts';
import { apiInfo } from './api-info.ts';
import type { ApiInfo } from './api-info.ts';

export type { RequestHeader, ResponseHeader };

/** API number and version in front of every request header. */
const API_PREFIX_BYTES = 4;

/**
 * Reads a request's header and leaves the reader at the request's body. The version in it may be one that there is no
 * codec for: a server answers that by UNSUPPORTED_VERSION, ApiVersions included (KIP-511).
 *
 * @throws ProtocolError (`UNSUPPORTED`) for an API that has no versions, otherwise as codecs do
 */
export function decodeRequestHeader(reader: Reader): RequestHeader {
  const prefix = new Reader(reader.buffer, reader.position, reader.end);
  if (prefix.remaining < API_PREFIX_BYTES)
    throw new ProtocolError('MALFORMED', `a request of ${prefix.remaining} bytes`);
  const api = requireApi(prefix.int16());
  return requestHeader.decode(reader, api.requestHeaderVersion(prefix.int16()));
}

/**
 * Reads the header of the response to a request, and leaves the reader at the response's body.
 *
 * @param apiKey of the request
 * @param version of the request
 * @throws ProtocolError as {@link decodeRequestHeader}
 */
export function decodeResponseHeader(
  reader: Reader,
  apiKey: number,
  version: number,
): ResponseHeader {
  return responseHeader.decode(reader, requireApi(apiKey).responseHeaderVersion(version));
}

/**
 * As `apiInfo`, for those who cannot go on without.
 *
 * @throws ProtocolError (`UNSUPPORTED`) for an API that has no versions
 */
export function requireApi(apiKey: number): ApiInfo {
  const info = apiInfo(apiKey);
  if (info === undefined) throw new ProtocolError('UNSUPPORTED', `there is no API ${apiKey}`);
  return info;
}
