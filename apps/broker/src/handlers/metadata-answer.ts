// The response to Metadata with topics that are encoded already: they stand in chunks that many answers share, go out
// without being copied, and are put in the place of an empty list. Everything else is the generated codec.

import { arrayLengthSize, encodeMessage, type MessageCodec, type Writer } from '@ottla/protocol';
import { metadataResponse } from '@ottla/protocol/messages/metadata';
import type { MetadataResponse, MetadataResponseTopic } from '@ottla/protocol/messages/metadata';

/** Topics as one version of the response has them, one after the other, without their count. */
export interface EncodedTopics {
  readonly count: number;
  readonly chunks: readonly Buffer[];
}

/** A response; with `encodedTopics` its `topics` are empty. */
export interface MetadataAnswer extends MetadataResponse {
  readonly encodedTopics?: EncodedTopics;
}

const ERROR_CODE_VERSION_MIN = 13;

/** The topics alone, as bytes that `encodedTopics` takes. */
export function encodeTopics(topics: readonly MetadataResponseTopic[], version: number): Buffer {
  const message = encodeMessage(
    metadataResponse,
    metadataResponse.create({ topics: [...topics] }),
    version,
  );
  const tail = tailBytes(version);
  const head = metadataResponse.size(metadataResponse.create(), version) - tail;
  const from = head - countBytes(0, version) + countBytes(topics.length, version);
  return message.subarray(from, message.length - tail);
}

/** Encodes as the generated codec does, and decodes by it. */
export const metadataAnswer: MessageCodec<MetadataAnswer> = {
  ...metadataResponse,
  create: (init) => metadataResponse.create(init),
  size(value, version) {
    const { encodedTopics } = value;
    const bytes = metadataResponse.size(value, version);
    if (encodedTopics === undefined) return bytes;
    const grown = countBytes(encodedTopics.count, version) - countBytes(0, version);
    return bytes + grown + bytesOf(encodedTopics);
  },
  spliced: ({ encodedTopics }) => (encodedTopics === undefined ? 0 : bytesOf(encodedTopics)),
  encode(writer, value, version) {
    const { encodedTopics } = value;
    if (encodedTopics === undefined) metadataResponse.encode(writer, value, version);
    else encodeAround(writer, value, encodedTopics, version);
  },
};

function encodeAround(
  writer: Writer,
  value: MetadataResponse,
  { count, chunks }: EncodedTopics,
  version: number,
): void {
  const message = encodeMessage(metadataResponse, value, version);
  const tailFrom = message.length - tailBytes(version);
  writer.raw(message.subarray(0, tailFrom - countBytes(0, version)));
  writer.arrayLength(count, isFlexible(version));
  for (const chunk of chunks) writer.splice(chunk);
  writer.raw(message.subarray(tailFrom));
}

/** What comes behind the topics: the cluster's authorized operations, the error code, an empty tagged section. */
function tailBytes(version: number): number {
  const hasOperations = version >= 8 && version <= 10;
  return (
    (hasOperations ? 4 : 0) +
    (version >= ERROR_CODE_VERSION_MIN ? 2 : 0) +
    (isFlexible(version) ? 1 : 0)
  );
}

function countBytes(count: number, version: number): number {
  return arrayLengthSize(count, isFlexible(version));
}

function isFlexible(version: number): boolean {
  return version >= metadataResponse.flexibleFrom;
}

function bytesOf({ chunks }: EncodedTopics): number {
  return chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
}
