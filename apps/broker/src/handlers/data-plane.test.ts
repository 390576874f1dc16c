import {
  ApiKey,
  apiInfo,
  decodeResponseHeader,
  ErrorCode,
  loadMessages,
  Reader,
} from '@ottla/protocol';
import { encodeRequest } from '@ottla/protocol';
import {
  deleteRecordsRequest,
  deleteRecordsResponse,
} from '@ottla/protocol/messages/delete-records';
import {
  describeLogDirsRequest,
  describeLogDirsResponse,
} from '@ottla/protocol/messages/describe-log-dirs';
import { fetchRequest, fetchResponse } from '@ottla/protocol/messages/fetch';
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from '@ottla/protocol/messages/find-coordinator';
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from '@ottla/protocol/messages/init-producer-id';
import { joinGroupRequest, joinGroupResponse } from '@ottla/protocol/messages/join-group';
import { listOffsetsRequest, listOffsetsResponse } from '@ottla/protocol/messages/list-offsets';
import { offsetCommitRequest, offsetCommitResponse } from '@ottla/protocol/messages/offset-commit';
import { offsetFetchRequest, offsetFetchResponse } from '@ottla/protocol/messages/offset-fetch';
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '@ottla/protocol/messages/offset-for-leader-epoch';
import { syncGroupRequest, syncGroupResponse } from '@ottla/protocol/messages/sync-group';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { memoryDisk } from '@ottla/platform';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  DATA_PLANE_APIS,
  DataPlane,
  type DataPlaneOptions,
  topicIdOf,
} from '../../test/data-plane.ts';
import { settle } from '../../test/echo-apis.ts';
import { leaderChange, removeTopic } from '../../test/metadata-records.ts';

const planes: DataPlane[] = [];
afterEach(async () => {
  for (const plane of planes.splice(0)) {
    expect(plane.errors).toEqual([]);
    await plane.close();
  }
});

async function start(options: DataPlaneOptions = {}): Promise<DataPlane> {
  const plane = await DataPlane.start(options);
  planes.push(plane);
  await plane.register();
  return plane;
}

const NOW_MS = 1_700_000_000_000;

/** One batch of `count` records, a second apart. */
async function append(plane: DataPlane, count: number, timestamp: number, topic = 'orders') {
  const builder = new RecordBatchBuilder({});
  for (let n = 0; n < count; n += 1)
    builder.append(timestamp + n * 1000, null, Buffer.from(`${n}`));
  await plane.replicas.partition(topic, 0)!.append(Buffer.from(builder.build()));
}

describe('every version of every API', () => {
  interface GoldenLine {
    readonly kind: string;
    readonly version: number;
    readonly hex: string;
  }

  /** Requests that Kafka's own client encoded. */
  function goldenRequests(name: string): GoldenLine[] {
    const folder = new URL('../../../../packages/protocol/test/golden/', import.meta.url);
    return readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as GoldenLine)
      .filter(({ kind }) => kind === 'request');
  }

  it.each(DATA_PLANE_APIS.map((apiKey) => [apiInfo(apiKey)!.name, apiKey] as const))(
    '%s: frames of Kafka’s own client get a response that can be decoded, or are refused',
    async (name, apiKey) => {
      const plane = await start();
      await plane.createTopic('orders');
      await plane.createTopic('__consumer_offsets', { partitions: 2 });
      await settle(20);
      const { request, response } = await loadMessages(apiKey);
      const info = apiInfo(apiKey)!;
      let answered = 0;
      for (let version = info.minVersion; version <= info.maxVersion; version += 1) {
        const default_ = request.create();
        const client = plane.connect();
        client.send(...encodeRequest(request, version, version, 'golden', default_));
        for (const line of goldenRequests(name)) {
          if (line.version !== version) continue;
          const other = plane.connect();
          const [head] = encodeRequest(request, version, 7, 'golden', default_) as Buffer[];
          const body = Buffer.from(line.hex, 'hex');
          const emptyBytes = request.size(default_, version);
          const header = head!.subarray(4, head!.length - emptyBytes);
          const size = Buffer.alloc(4);
          size.writeInt32BE(header.length + body.length);
          other.send(size, header, body);
          await settle(8);
          plane.time.advance(1_000_000);
          await settle(8);
          for (const frame of other.frames) {
            const reader = new Reader(frame);
            decodeResponseHeader(reader, apiKey, version);
            response.decode(reader, version);
            expect(reader.remaining).toBe(0);
            answered += 1;
          }
          // No answer: refused for a number that cannot be, or acks=0.
          if (other.frames.length === 0 && apiKey !== ApiKey.Produce)
            expect(other.isClosed).toBe(true);
          other.connection.destroy();
        }
        if (apiKey === ApiKey.Produce) continue;
        await settle(8);
        plane.time.advance(1_000_000);
        await settle(8);
        const [frame] = client.frames;
        expect(frame, `${name} ${version}`).toBeDefined();
        const reader = new Reader(frame!);
        decodeResponseHeader(reader, apiKey, version);
        response.decode(reader, version);
        expect(reader.remaining).toBe(0);
        client.connection.destroy();
        answered += 1;
      }
      expect(answered).toBeGreaterThan(0);
    },
  );
});

describe('ListOffsets', () => {
  async function offset(plane: DataPlane, timestamp: number, version = 11, topic = 'orders') {
    const response = await plane.request(listOffsetsRequest, listOffsetsResponse, version, {
      replicaId: -1,
      topics: [
        { name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }] },
      ],
    });
    const { errorCode, timestamp: found, offset, leaderEpoch } = response.topics[0]!.partitions[0]!;
    return [errorCode, found, offset, leaderEpoch];
  }

  it('knows start, end, times, the newest record, and that there are no tiers', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    expect(await offset(plane, NOW_MS)).toEqual([0, -1, -1, -1]);
    await append(plane, 3, NOW_MS);
    await plane.commit(leaderChange('orders', 1));
    await append(plane, 3, NOW_MS - 60_000);
    expect(await offset(plane, -2)).toEqual([0, -1, 0, 0]);
    expect(await offset(plane, -1)).toEqual([0, -1, 6, 1]);
    expect(await offset(plane, -3)).toEqual([0, NOW_MS + 2000, 2, 0]);
    expect(await offset(plane, -4)).toEqual([0, -1, 0, 0]);
    expect(await offset(plane, -5)).toEqual([0, -1, -1, -1]);
    expect(await offset(plane, -6)).toEqual([0, -1, -1, -1]);
    expect(await offset(plane, NOW_MS + 500)).toEqual([0, NOW_MS + 1000, 1, 0]);
    expect(await offset(plane, NOW_MS + 5000)).toEqual([0, -1, -1, -1]);
  });

  it('refuses timestamps that the version does not know, and unknown topics', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    for (const [timestamp, version] of [
      [-3, 6],
      [-4, 7],
      [-5, 8],
      [-6, 10],
      [-7, 11],
    ] as const)
      expect((await offset(plane, timestamp, version))[0]).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect((await offset(plane, -1, 11, 'nothing'))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});

describe('OffsetForLeaderEpoch', () => {
  it('tells where each epoch ends', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await append(plane, 3, NOW_MS);
    await plane.commit(leaderChange('orders', 1));
    await append(plane, 2, NOW_MS);
    const ask = async (leaderEpoch: number, currentLeaderEpoch = 1) => {
      const partitions = [{ partition: 0, currentLeaderEpoch, leaderEpoch }];
      const response = await plane.request(
        offsetForLeaderEpochRequest,
        offsetForLeaderEpochResponse,
        4,
        { replicaId: -2, topics: [{ topic: 'orders', partitions }] },
      );
      const { errorCode, leaderEpoch: epoch, endOffset } = response.topics[0]!.partitions[0]!;
      return [errorCode, epoch, endOffset];
    };
    expect(await ask(0)).toEqual([0, 0, 3]);
    expect(await ask(1)).toEqual([0, 1, 5]);
    expect(await ask(9)).toEqual([0, -1, -1]);
    expect((await ask(0, 0))[0]).toBe(ErrorCode.FENCED_LEADER_EPOCH);
  });
});

describe('DeleteRecords', () => {
  async function deleteRecords(plane: DataPlane, offset: number, name = 'orders') {
    const response = await plane.request(deleteRecordsRequest, deleteRecordsResponse, 2, {
      timeoutMs: 1000,
      topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
    });
    const { errorCode, lowWatermark } = response.topics[0]!.partitions[0]!;
    return [errorCode, lowWatermark];
  }

  it('moves the start up, to the high watermark when asked, never beyond', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await append(plane, 5, NOW_MS);
    expect(await deleteRecords(plane, 2)).toEqual([0, 2]);
    expect(await deleteRecords(plane, 1)).toEqual([0, 2]);
    expect(await deleteRecords(plane, 9)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
    expect(await deleteRecords(plane, -2)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
    expect(await deleteRecords(plane, -1)).toEqual([0, 5]);
    const partition = plane.replicas.partition('orders', 0)!;
    expect([partition.logStartOffset, partition.logEndOffset]).toEqual([5, 5]);
    await append(plane, 1, NOW_MS);
    expect(partition.logEndOffset).toBe(6);
  });

  it('refuses compacted and internal topics', async () => {
    const plane = await start();
    await plane.createTopic('kept', { configs: { 'cleanup.policy': 'compact' } });
    await plane.createTopic('__consumer_offsets');
    expect((await deleteRecords(plane, 0, 'kept'))[0]).toBe(ErrorCode.POLICY_VIOLATION);
    expect((await deleteRecords(plane, 0, '__consumer_offsets'))[0]).toBe(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
    );
  });
});

describe('DescribeLogDirs', () => {
  it('tells sizes of logs and of the volume', async () => {
    const plane = await start();
    await plane.createTopic('orders', { partitions: 2 });
    await append(plane, 5, NOW_MS);
    const all = await plane.request(describeLogDirsRequest, describeLogDirsResponse, 5, {
      topics: null,
    });
    const [dir] = all.results;
    expect([dir!.errorCode, dir!.logDir]).toEqual([0, '/data']);
    expect(dir!.totalBytes).toBeGreaterThan(0n);
    expect(dir!.usableBytes).toBeLessThan(dir!.totalBytes);
    const [topic] = dir!.topics;
    expect(topic!.partitions).toHaveLength(2);
    expect(topic!.partitions[0]!.partitionSize).toBeGreaterThan(60);
    const one = await plane.request(describeLogDirsRequest, describeLogDirsResponse, 1, {
      topics: [{ topic: 'orders', partitions: [1] }],
    });
    expect(one.results[0]!.topics[0]!.partitions.map((each) => each.partitionIndex)).toEqual([1]);
  });
});

describe('InitProducerId', () => {
  it('gives ids, each once; refuses transactions', async () => {
    const plane = await start();
    const ask = (transactionalId: string | null, producerEpoch = -1) =>
      plane.request(initProducerIdRequest, initProducerIdResponse, 5, {
        transactionalId,
        transactionTimeoutMs: 1000,
        producerId: -1,
        producerEpoch,
      });
    const [first, second] = [await ask(null), await ask(null)];
    expect([first.errorCode, first.producerEpoch]).toEqual([0, 0]);
    expect(second.producerId).not.toBe(first.producerId);
    expect((await ask('payments')).errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    expect((await ask(null, 3)).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('FindCoordinator', () => {
  it('has the topic created first, then names the leader', async () => {
    const plane = await start();
    const ask = async (keyType = 0) => {
      const response = await plane.request(findCoordinatorRequest, findCoordinatorResponse, 6, {
        keyType,
        coordinatorKeys: ['a', 'b'],
      });
      return response.coordinators;
    };
    const before = await ask();
    expect(before.map(({ errorCode }) => errorCode)).toEqual([15, 15]);
    expect(plane.autoCreated).toContain('__consumer_offsets');
    await plane.createTopic('__consumer_offsets', { partitions: 4 });
    expect((await ask())[0]).toMatchObject({
      errorCode: 0,
      nodeId: 1,
      host: 'broker-1',
      port: 9092,
    });
    expect((await ask(1))[0]!.errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    expect((await ask(2))[0]!.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    const single = await plane.request(findCoordinatorRequest, findCoordinatorResponse, 2, {
      key: 'a',
    });
    expect([single.errorCode, single.nodeId, single.errorMessage]).toEqual([0, 1, 'NONE']);
  });
});

describe('groups on a partition of __consumer_offsets', () => {
  const group = { groupId: 'readers' };
  const topics = [
    {
      name: 'orders',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      partitions: [
        { partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 0, committedMetadata: 'm' },
      ],
    },
  ];

  async function commit(plane: DataPlane, generationId = -1, memberId = '') {
    const body = { ...group, generationIdOrMemberEpoch: generationId, memberId, topics };
    const response = await plane.request(offsetCommitRequest, offsetCommitResponse, 8, body);
    return response.topics[0]!.partitions[0]!.errorCode;
  }

  async function committed(plane: DataPlane) {
    const response = await plane.request(offsetFetchRequest, offsetFetchResponse, 8, {
      groups: [
        {
          ...group,
          memberId: null,
          memberEpoch: -1,
          topics: [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionIndexes: [0] }],
        },
      ],
    });
    const [found] = response.groups;
    return found!.errorCode === 0
      ? found!.topics[0]!.partitions[0]!.committedOffset
      : `error ${found!.errorCode}`;
  }

  it('a member joins, syncs, commits; after a restart its offsets are there', async () => {
    const disk = memoryDisk();
    const plane = await start({ disk });
    await plane.createTopic('orders');
    await plane.createTopic('__consumer_offsets', { partitions: 2 });
    await settle(20);
    const protocols = [{ name: 'range', metadata: Buffer.from('m') }];
    const join = { ...group, sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols };
    const asked = await plane.request(joinGroupRequest, joinGroupResponse, 9, join);
    expect(asked.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    const { memberId } = asked;
    const id = plane.send(
      joinGroupRequest,
      9,
      joinGroupRequest.create({ ...join, rebalanceTimeoutMs: 10_000, memberId }),
    );
    await settle(20);
    plane.time.advance(10);
    const joined = await plane.receive(joinGroupResponse, 9, id);
    expect([joined.errorCode, joined.leader]).toEqual([0, memberId]);
    const { generationId } = joined;
    const synced = await plane.request(syncGroupRequest, syncGroupResponse, 5, {
      ...group,
      generationId,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId, assignment: Buffer.from('all of it') }],
    });
    expect(synced.assignment.toString()).toBe('all of it');
    expect(await commit(plane, generationId, memberId)).toBe(0);
    expect(await committed(plane)).toBe(42);
    const { image } = plane;
    planes.splice(planes.indexOf(plane), 1);
    await plane.close();
    const again = await DataPlane.start({ disk, image });
    planes.push(again);
    await settle(50);
    expect(await committed(again)).toBe(42);
  });

  it('given a deleted offsets topic, coordinates no more', async () => {
    const plane = await start();
    await plane.createTopic('orders');
    await plane.createTopic('__consumer_offsets');
    await settle(20);
    expect(await commit(plane)).toBe(0);
    await plane.commit(removeTopic('__consumer_offsets'));
    expect(await commit(plane)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  });
});

describe('Fetch sessions over the wire', () => {
  it('name only what changed', async () => {
    const plane = await start();
    await plane.createTopic('orders', { partitions: 3 });
    const topic = { topic: '', topicId: topicIdOf('orders') };
    const ask = (sessionId: number, sessionEpoch: number, offsets: Record<number, number> = {}) =>
      plane.request(fetchRequest, fetchResponse, 17, {
        sessionId,
        sessionEpoch,
        topics: Object.entries(offsets).map(([partition, fetchOffset]) => ({
          ...topic,
          partitions: [
            {
              partition: Number(partition),
              currentLeaderEpoch: -1,
              fetchOffset,
              lastFetchedEpoch: -1,
              logStartOffset: -1,
              partitionMaxBytes: 1000,
              replicaDirectoryId: 'AAAAAAAAAAAAAAAAAAAAAA',
              highWatermark: 9223372036854775807n,
            },
          ],
        })),
      });
    const full = await ask(0, 0, { 0: 0, 1: 0, 2: 0 });
    expect(full.sessionId).toBeGreaterThan(0);
    expect(full.responses[0]!.partitions).toHaveLength(3);
    expect((await ask(full.sessionId, 1)).responses).toEqual([]);
    await append(plane, 1, NOW_MS);
    const news = await ask(full.sessionId, 2);
    expect(news.responses[0]!.partitions.map((each) => each.partitionIndex)).toEqual([0]);
    expect((await ask(full.sessionId, 3, { 0: 1 })).responses).toEqual([]);
    expect((await ask(full.sessionId, 3)).errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    expect((await ask(full.sessionId + 1, 1)).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  });
});
