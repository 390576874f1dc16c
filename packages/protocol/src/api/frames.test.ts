import { describe, expect, it } from 'vitest';
import { apiVersionsResponse } from '../gen/api-versions.ts';
import { createPartitionData, createFetchableTopicResponse, fetchResponse } from '../gen/fetch.ts';
import { metadataRequest } from '../gen/metadata.ts';
import { offsetCommitValue } from '../gen/offset-commit-value.ts';
import { offsetFetchRequest } from '../gen/offset-fetch.ts';
import {
  createPartitionProduceData,
  createTopicProduceData,
  produceRequest,
} from '../gen/produce.ts';
import { ProtocolError } from '../protocol-error.ts';
import { Reader } from '../wire/reader.ts';
import { recordsBytes } from '../wire/records-source.ts';
import { Writer } from '../wire/writer.ts';
import { ApiKey } from './api-info.ts';
import { encodeMessage, encodeRequest, encodeResponse } from './frames.ts';
import { decodeRequestHeader, decodeResponseHeader } from './headers.ts';
import { loadedMessages, loadMessages } from './load-messages.ts';

describe('frames', () => {
  it.each([8, 9])(
    'given Metadata version %d, then size, header and body follow each other',
    (version) => {
      const value = metadataRequest.create({ topics: null });
      const [frame, ...rest] = encodeRequest(
        metadataRequest,
        version,
        7,
        'clïent',
        value,
      ) as Buffer[];
      expect(rest).toEqual([]);
      const reader = new Reader(frame!);
      expect(reader.int32()).toBe(frame!.length - 4);
      expect(decodeRequestHeader(reader)).toEqual({
        requestApiKey: ApiKey.Metadata,
        requestApiVersion: version,
        correlationId: 7,
        clientId: 'clïent',
      });
      expect(metadataRequest.decode(reader, version)).toEqual(value);
      expect(reader.remaining).toBe(0);
    },
  );

  it('given an ApiVersions response of any version, then its header has no tagged fields', () => {
    for (let version = 0; version <= 4; version += 1) {
      const [frame] = encodeResponse(
        apiVersionsResponse,
        version,
        5,
        apiVersionsResponse.create(),
      ) as Buffer[];
      const reader = new Reader(frame!, 4);
      expect(decodeResponseHeader(reader, ApiKey.ApiVersions, version)).toEqual({
        correlationId: 5,
      });
      expect(reader.position).toBe(8);
      apiVersionsResponse.decode(reader, version);
      expect(reader.remaining).toBe(0);
    }
  });

  it('given a request of an ApiVersions version from the future, then its header can be read', () => {
    const reader = new Reader(Buffer.from('00127fff0000000900016100', 'hex'));
    expect(decodeRequestHeader(reader)).toMatchObject({ requestApiVersion: 32767, clientId: 'a' });
  });

  it('given an API that has no versions, then its header is refused', () => {
    for (const apiKey of [ApiKey.StopReplica, 93, -1]) {
      const bytes = Buffer.alloc(10);
      bytes.writeInt16BE(apiKey);
      expect(() => decodeRequestHeader(new Reader(bytes))).toThrow(
        expect.objectContaining({ name: 'ProtocolError', code: 'UNSUPPORTED' }),
      );
    }
    expect(() => decodeRequestHeader(new Reader(Buffer.alloc(3)))).toThrow(ProtocolError);
  });

  it.each([4, 11, 12, 13, 18])(
    'given a Fetch response of version %d with regions, then size and pieces agree',
    (version) => {
      const regions = [{ sizeBytes: 70_000 }, { sizeBytes: 1 }];
      const value = fetchResponse.create({
        responses: [
          createFetchableTopicResponse({
            topic: 't',
            partitions: regions.map((records) => createPartitionData({ records })),
          }),
        ],
      });
      const segments = encodeResponse(fetchResponse, version, 1, value);
      expect(segments.filter((segment) => !(segment instanceof Buffer))).toEqual(regions);
      const bytes = Buffer.concat(
        segments.map((segment) =>
          segment instanceof Buffer ? segment : Buffer.alloc(recordsBytes(segment), 7),
        ),
      );
      const reader = new Reader(bytes);
      expect(reader.int32()).toBe(bytes.length - 4);
      decodeResponseHeader(reader, ApiKey.Fetch, version);
      const [topic] = fetchResponse.decode(reader, version).responses;
      expect(topic!.partitions.map(({ records }) => records!.length)).toEqual([70_000, 1]);
      expect(reader.remaining).toBe(0);
    },
  );

  it('given a Produce request, then its records are neither copied out nor in', () => {
    const records = Buffer.alloc(4096, 1);
    const value = produceRequest.create({
      topicData: [
        createTopicProduceData({
          name: 't',
          partitionData: [createPartitionProduceData({ records })],
        }),
      ],
    });
    const segments = encodeRequest(produceRequest, 9, 1, null, value) as Buffer[];
    expect(segments[1]!.buffer).toBe(records.buffer);
    const frame = Buffer.concat(segments);
    const reader = new Reader(frame, 4);
    decodeRequestHeader(reader);
    const decoded = produceRequest.decode(reader, 9).topicData[0]!.partitionData[0]!.records!;
    expect(decoded).toEqual(records);
    expect(decoded.buffer).toBe(frame.buffer);
  });

  it('given room for a prefix, then a record value can carry its version in front', () => {
    const bytes = encodeMessage(offsetCommitValue, offsetCommitValue.create({ offset: 5 }), 4, 2);
    bytes.writeInt16BE(4);
    const reader = new Reader(bytes);
    expect(reader.int16()).toBe(4);
    expect(offsetCommitValue.decode(reader, 4)).toMatchObject({ offset: 5 });
  });

  it('given a region where the bytes must be in memory, then it is refused', () => {
    const value = produceRequest.create({
      topicData: [
        createTopicProduceData({
          partitionData: [createPartitionProduceData({ records: { sizeBytes: 9 } })],
        }),
      ],
    });
    expect(() => encodeMessage(produceRequest, value, 9)).toThrow(TypeError);
  });
});

describe('codecs', () => {
  it('given a field that the version lacks and that matters, then the size is refused', () => {
    const value = offsetFetchRequest.create({ groupId: 'g', topics: null, requireStable: true });
    expect(offsetFetchRequest.size(value, 7)).toBeGreaterThan(0);
    expect(() => offsetFetchRequest.size(value, 6)).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'UNSUPPORTED' }),
    );
  });

  it('given a field that the version lacks and that may be dropped, then it is left out', () => {
    const value = metadataRequest.create({
      topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', name: 'a' }],
    });
    expect(encodeMessage(metadataRequest, value, 4).toString('hex')).toBe('0000000100016101');
  });

  it('given null in a version that does not allow it, then the size is refused', () => {
    const value = metadataRequest.create({ topics: null });
    expect(() => metadataRequest.size(value, 0)).toThrow(ProtocolError);
  });

  it('given a version that there is not, then decoding, sizing and encoding are refused', () => {
    const value = produceRequest.create();
    for (const version of [2, 14, -1]) {
      expect(() => produceRequest.decode(new Reader(Buffer.alloc(9)), version)).toThrow(
        ProtocolError,
      );
      expect(() => produceRequest.size(value, version)).toThrow(ProtocolError);
      expect(() => produceRequest.encode(new Writer(9), value, version)).toThrow(ProtocolError);
    }
  });

  it('given tagged fields that the version does not know, then they come back at their place', () => {
    // ApiVersions responses know tags 0 to 3; 4 and 9 are unknown, and 2 is sent between them.
    const value = apiVersionsResponse.create({
      finalizedFeatures: [{ name: 'f', maxVersionLevel: 1, minVersionLevel: 1 }],
      unknownTaggedFields: [
        { tag: 4, bytes: Buffer.from('aa', 'hex') },
        { tag: 9, bytes: Buffer.alloc(0) },
      ],
    });
    const bytes = encodeMessage(apiVersionsResponse, value, 4);
    expect(bytes.toString('hex')).toBe(
      `${'0000'}01${'00000000'}03${'0208'}02026600010001000401aa0900`,
    );
    expect(apiVersionsResponse.decode(new Reader(bytes), 4)).toEqual(value);
  });

  it('given an API, then its codecs are loaded when first asked for', async () => {
    expect(loadedMessages(ApiKey.DeleteShareGroupOffsets)).toBeUndefined();
    const { request, response } = await loadMessages(ApiKey.DeleteShareGroupOffsets);
    expect([request.name, response.name]).toEqual([
      'DeleteShareGroupOffsetsRequest',
      'DeleteShareGroupOffsetsResponse',
    ]);
    expect(loadedMessages(ApiKey.DeleteShareGroupOffsets)).toEqual({ request, response });
    await expect(loadMessages(ApiKey.StopReplica)).rejects.toThrow(ProtocolError);
  });
});
