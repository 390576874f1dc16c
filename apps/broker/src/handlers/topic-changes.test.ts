// A client that was told of a change of topics finds a broker that works with it. Each case is a request that once met a
// broker that had not heard yet.
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import { deleteTopicsRequest, deleteTopicsResponse } from '@ottla/protocol/messages/delete-topics';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import { produceRequest, produceResponse } from '@ottla/protocol/messages/produce';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProtocolClient, startTestServer } from '../../test/running-server.ts';
import type { RunningServer } from '../index.ts';

const CREATE = [createTopicsRequest, createTopicsResponse] as const;
const DELETE = [deleteTopicsRequest, deleteTopicsResponse] as const;
const PARTITIONS = [createPartitionsRequest, createPartitionsResponse] as const;
const METADATA = [metadataRequest, metadataResponse] as const;
const PRODUCE = [produceRequest, produceResponse] as const;
const TOPICS = Array.from({ length: 12 }, (_, n) => `orders-${n}`);

let server: RunningServer;
let admin: ProtocolClient;
let producer: ProtocolClient;

beforeEach(async () => {
  server = await startTestServer();
  admin = await ProtocolClient.connect(server.endpoints[0]!);
  producer = await ProtocolClient.connect(server.endpoints[0]!);
});

afterEach(async () => {
  admin.close();
  producer.close();
  await server.close();
});

async function create(name: string, timeoutMs = 10_000): Promise<number> {
  const topics = [createCreatableTopic({ name, numPartitions: 2, replicationFactor: 1 })];
  const answer = await admin.ask(CREATE, { topics, timeoutMs });
  return answer.topics[0]!.errorCode;
}

/** @returns the error code of producing one record */
async function produce(name: string, index = 0): Promise<number> {
  const builder = new RecordBatchBuilder({});
  builder.append(1_700_000_000_000, null, Buffer.from('hello'));
  const partitionData = [{ index, records: Buffer.from(builder.build()) }];
  const topicData = [{ name, topicId: ZERO_UUID, partitionData }];
  const answer = await producer.ask(PRODUCE, { acks: -1, timeoutMs: 1000, topicData }, 12);
  return answer.responses[0]!.partitionResponses[0]!.errorCode;
}

describe('the first produce', () => {
  it('given CreateTopics was answered, then it is not refused with UNKNOWN_TOPIC_OR_PARTITION', async () => {
    for (const name of TOPICS) {
      expect(await create(name)).toBe(ErrorCode.NONE);
      expect(await produce(name, 1)).toBe(ErrorCode.NONE);
    }
  });

  it('given CreatePartitions was answered, then it finds the new partition', async () => {
    for (const name of TOPICS.slice(0, 4)) {
      await create(name);
      const topics = [{ name, count: 5, assignments: null }];
      const { results } = await admin.ask(PARTITIONS, { topics, timeoutMs: 10_000 });
      expect(results).toMatchObject([{ errorCode: ErrorCode.NONE }]);
      expect(await produce(name, 4)).toBe(ErrorCode.NONE);
    }
  });

  it('given Metadata told of a topic that it created, then it is served', async () => {
    for (const name of TOPICS) {
      const topics = [{ name, topicId: ZERO_UUID }];
      const answer = await admin.ask(METADATA, { topics, allowAutoTopicCreation: true });
      expect(answer.topics).toMatchObject([{ name, errorCode: ErrorCode.NONE }]);
      expect(await produce(name)).toBe(ErrorCode.NONE);
    }
  });

  it('given DeleteTopics was answered, then the topic is gone, and can be created again at once', async () => {
    for (const name of TOPICS.slice(0, 4)) {
      await create(name);
      const topics = [{ name, topicId: ZERO_UUID }];
      const { responses } = await admin.ask(DELETE, { topics, timeoutMs: 10_000 });
      expect(responses).toMatchObject([{ errorCode: ErrorCode.NONE }]);
      expect(await produce(name)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(await create(name)).toBe(ErrorCode.NONE);
      expect(await produce(name)).toBe(ErrorCode.NONE);
    }
  });
});

describe('a change of topics', () => {
  it('given one of many that another deletes before all are made, then the answer does not wait for it', async () => {
    const topics = Array.from({ length: 400 }, (_, n) =>
      createCreatableTopic({ name: `many-${n}`, numPartitions: 1, replicationFactor: 1 }),
    );
    const creation = admin.ask(CREATE, { topics, timeoutMs: 3_600_000 });
    const deletion = { topics: [{ name: 'many-0', topicId: ZERO_UUID }], timeoutMs: 10_000 };
    let code: number | undefined;
    while (code !== ErrorCode.NONE)
      code = (await producer.ask(DELETE, deletion)).responses[0]?.errorCode;

    const made = (await creation).topics;

    expect(made.every(({ errorCode }) => errorCode === ErrorCode.NONE)).toBe(true);
  });

  it('given no time to make it, then it is refused with REQUEST_TIMED_OUT and not made', async () => {
    expect(await create('orders', 0)).toBe(ErrorCode.REQUEST_TIMED_OUT);
    expect(await produce('orders')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});
