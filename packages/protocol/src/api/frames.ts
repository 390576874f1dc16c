// Whole frames: four bytes of size, the header, the message. Everything but records is written into one buffer of the
// exact size; records come between its pieces (see wire/writer.ts).

import { requestHeader } from '../gen/request-header.ts';
import { responseHeader } from '../gen/response-header.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { MessageCodec } from '../wire/message-codec.ts';
import type { Segment } from '../wire/records-source.ts';
import { Writer } from '../wire/writer.ts';
import { requireApi } from './headers.ts';

/** Bytes of the size in front of every frame; it does not count itself. */
export const FRAME_SIZE_BYTES = 4;

/**
 * A request as it goes to the socket.
 *
 * @param codec of the request; says which API it is
 * @param version one that the server has
 * @param correlationId comes back in the response's header
 * @param clientId the client's name, or null for none
 * @returns the frame in pieces, in order; without records it is one buffer
 * @throws ProtocolError when the version cannot carry the value
 */
export function encodeRequest<T, Decoded extends T>(
  codec: MessageCodec<T, Decoded>,
  version: number,
  correlationId: number,
  clientId: string | null,
  value: T,
): Segment[] {
  const apiKey = apiKeyOf(codec);
  const headerVersion = requireApi(apiKey).requestHeaderVersion(version);
  const header = {
    requestApiKey: apiKey,
    requestApiVersion: version,
    correlationId,
    clientId,
  };
  return encodeFrame(requestHeader, header, headerVersion, codec, value, version);
}

/**
 * A response as it goes to the socket.
 *
 * @param codec of the response; says which API it is
 * @param version of the request that it answers
 * @param correlationId of the request that it answers
 * @returns the frame in pieces, in order; without records it is one buffer
 * @throws ProtocolError when the version cannot carry the value
 */
export function encodeResponse<T, Decoded extends T>(
  codec: MessageCodec<T, Decoded>,
  version: number,
  correlationId: number,
  value: T,
): Segment[] {
  const headerVersion = requireApi(apiKeyOf(codec)).responseHeaderVersion(version);
  return encodeFrame(responseHeader, { correlationId }, headerVersion, codec, value, version);
}

/**
 * A message alone in one buffer, for example a coordinator's record or a payload inside another message.
 *
 * @param prefixBytes left free in front of it, for the caller to fill
 * @throws TypeError when it holds records as regions, whose bytes are not in memory
 */
export function encodeMessage<T, Decoded extends T>(
  codec: MessageCodec<T, Decoded>,
  value: T,
  version: number,
  prefixBytes = 0,
): Buffer {
  const writer = new Writer(prefixBytes + codec.size(value, version) - spliced(codec, value));
  writer.position = prefixBytes;
  codec.encode(writer, value, version);
  const segments = writer.finish();
  const [first] = segments;
  if (segments.length === 1 && first instanceof Buffer) return first;
  return Buffer.concat(segments.map(requireBuffer));
}

function requireBuffer(segment: Segment): Buffer {
  if (!(segment instanceof Buffer))
    throw new TypeError('records of a region cannot be copied here');
  return segment;
}

function encodeFrame<H, T, Decoded extends T>(
  headerCodec: MessageCodec<H>,
  header: H,
  headerVersion: number,
  codec: MessageCodec<T, Decoded>,
  value: T,
  version: number,
): Segment[] {
  const size = headerCodec.size(header, headerVersion) + codec.size(value, version);
  const writer = new Writer(FRAME_SIZE_BYTES + size - spliced(codec, value));
  writer.int32(size);
  headerCodec.encode(writer, header, headerVersion);
  codec.encode(writer, value, version);
  return writer.finish();
}

function spliced<T, Decoded extends T>(codec: MessageCodec<T, Decoded>, value: T): number {
  return codec.spliced === undefined ? 0 : codec.spliced(value);
}

function apiKeyOf(codec: { readonly name: string; readonly apiKey: number | undefined }): number {
  if (codec.apiKey === undefined) throw new ProtocolError('UNSUPPORTED', `${codec.name} is no API`);
  return codec.apiKey;
}
