// What the control plane answers, asked over a socket of a whole server in memory.
import { ApiKey, ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { alterConfigsRequest, alterConfigsResponse } from '@ottla/protocol/messages/alter-configs';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
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
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from '@ottla/protocol/messages/describe-configs';
import {
  describeQuorumRequest,
  describeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '@ottla/protocol/messages/describe-topic-partitions';
import type {
  DescribeTopicPartitionsResponse,
  ResponseCursor,
} from '@ottla/protocol/messages/describe-topic-partitions';
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import {
  initProducerIdRequest,
  initProducerIdResponse,
} from '@ottla/protocol/messages/init-producer-id';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import type { MetadataResponse } from '@ottla/protocol/messages/metadata';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProtocolClient, startTestServer } from '../../test/running-server.ts';
import type { RunningServer } from '../index.ts';
import { BROKER_API_TABLE } from './api-table.ts';

const METADATA = [metadataRequest, metadataResponse] as const;
const CREATE = [createTopicsRequest, createTopicsResponse] as const;
const DELETE = [deleteTopicsRequest, deleteTopicsResponse] as const;
const PARTITIONS = [createPartitionsRequest, createPartitionsResponse] as const;
const API_VERSIONS = [apiVersionsRequest, apiVersionsResponse] as const;
const CLUSTER = [describeClusterRequest, describeClusterResponse] as const;
const TOPIC_PAGES = [describeTopicPartitionsRequest, describeTopicPartitionsResponse] as const;
const CONFIGS = [describeConfigsRequest, describeConfigsResponse] as const;
const ALTER = [alterConfigsRequest, alterConfigsResponse] as const;
const INCREMENTAL = [incrementalAlterConfigsRequest, incrementalAlterConfigsResponse] as const;
const QUORUM = [describeQuorumRequest, describeQuorumResponse] as const;
const PRODUCER_ID = [initProducerIdRequest, initProducerIdResponse] as const;

const NOT_ASKED = -2_147_483_648;
const TOPIC = 2;
const BROKER = 4;

let server: RunningServer;
let client: ProtocolClient;

async function start(...overrides: string[]): Promise<void> {
  server = await startTestServer(overrides);
  client = await ProtocolClient.connect(server.endpoints[0]!);
}

beforeEach(() => start());

afterEach(async () => {
  client.close();
  await server.close();
});

async function restart(...overrides: string[]): Promise<void> {
  client.close();
  await server.close();
  await start(...overrides);
}

async function createTopic(name: string, numPartitions = 1): Promise<string> {
  const topics = [createCreatableTopic({ name, numPartitions, replicationFactor: 1 })];
  const [result] = (await client.ask(CREATE, { topics })).topics;
  expect(result).toMatchObject({ name, errorCode: ErrorCode.NONE, numPartitions });
  return result!.topicId;
}

function askMetadata(
  name: string,
  allowAutoTopicCreation = false,
  version = 13,
): Promise<MetadataResponse> {
  const topics = [{ name, topicId: ZERO_UUID }];
  return client.ask(METADATA, { topics, allowAutoTopicCreation }, version);
}

/** Asks until the topic is there; each question is answered at once. */
async function eventually(name: string): Promise<MetadataResponse['topics'][number]> {
  for (;;) {
    const [topic] = (await askMetadata(name)).topics;
    if (topic!.errorCode === ErrorCode.NONE) return topic!;
    expect(topic!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  }
}

describe('Metadata', () => {
  it('given a new cluster, then it tells this broker, the cluster and no topics', async () => {
    const answer = await client.ask(METADATA, { topics: null });

    const { host, port } = server.endpoints[0]!;
    expect(answer).toMatchObject({
      brokers: [{ nodeId: 1, host, port, rack: null }],
      clusterId: server.clusterId,
      controllerId: 1,
      topics: [],
      clusterAuthorizedOperations: NOT_ASKED,
      errorCode: 0,
    });
  });

  it('given more partitions than are told in one turn, then all of them are told, and what is not there too', async () => {
    await createTopic('small');
    const topicId = await createTopic('large', 300);
    const all = await client.ask(METADATA, { topics: null });
    expect(new Set(all.topics.map(({ name }) => name))).toEqual(new Set(['large', 'small']));

    const names = ['large', 'none', 'small'].map((name) => ({ name, topicId: ZERO_UUID }));
    const { topics } = await client.ask(METADATA, {
      topics: names,
      allowAutoTopicCreation: false,
    });
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['large', 0],
      ['small', 0],
      ['none', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ]);
    expect(topics[0]).toEqual(all.topics.find(({ name }) => name === 'large'));
    expect(topics[0]?.topicId).toBe(topicId);
    expect(topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([
      ...Array(300).keys(),
    ]);
  });

  it.each(Array.from({ length: 14 }, (_, version) => version))(
    'given a topic, then version %d describes its partitions',
    async (version) => {
      const topicId = await createTopic('orders', 2);

      const [topic] = (await askMetadata('orders', version < 4, version)).topics;

      expect(topic).toMatchObject({ errorCode: 0, name: 'orders', isInternal: false });
      expect(topic!.topicId).toBe(version >= 10 ? topicId : ZERO_UUID);
      expect(topic!.partitions).toHaveLength(2);
      expect(topic!.partitions[1]).toMatchObject({
        errorCode: 0,
        partitionIndex: 1,
        leaderId: 1,
        leaderEpoch: version >= 7 ? 0 : -1,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      });
    },
  );

  it('given version 0 and an empty list, then all topics are meant; from version 1 on, none', async () => {
    await createTopic('orders');
    expect((await client.ask(METADATA, { topics: [] }, 0)).topics).toHaveLength(1);
    expect((await client.ask(METADATA, { topics: [] }, 1)).topics).toHaveLength(0);
  });

  it('given topic ids, then known ones are described and unknown ones are said to be so', async () => {
    const topicId = await createTopic('orders');
    const unknown = 'AAAAAAAAAAAAAAAAAAAACQ';
    const topics = [topicId, unknown].map((id) => ({ name: null, topicId: id }));

    const answer = await client.ask(METADATA, { topics }, 13);

    expect(answer.topics).toMatchObject([
      { errorCode: 0, name: 'orders', topicId },
      { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId: unknown },
    ]);
  });

  it('given an id in a version that has none, then the request is invalid', async () => {
    const topics = [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAACQ' }];
    const answer = await client.ask(METADATA, { topics }, 11);
    expect(answer.topics).toMatchObject([{ errorCode: ErrorCode.INVALID_REQUEST }]);
  });

  it('given a name that no topic can have, then that is the error, whether it may be created or not', async () => {
    for (const allow of [false, true]) {
      const [topic] = (await askMetadata('no such/name', allow)).topics;
      expect(topic).toMatchObject({ errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, partitions: [] });
    }
  });

  it('given an unknown topic that may be created, then it appears with the defaults, created once', async () => {
    await restart('num.partitions=3');
    const answers = await Promise.all([askMetadata('clicks', true), askMetadata('clicks', true)]);
    for (const { topics } of answers)
      expect(topics).toMatchObject([{ errorCode: ErrorCode.NONE, partitions: [{}, {}, {}] }]);

    expect((await eventually('clicks')).partitions).toHaveLength(3);
  });

  it.each([
    ['the request forbids it', [], false],
    ['the broker forbids it', ['auto.create.topics.enable=false'], true],
  ] as const)(
    'given an unknown topic and %s, then nothing is created',
    async (_why, overrides, allow) => {
      await restart(...overrides);
      for (let time = 0; time < 3; time++)
        expect((await askMetadata('clicks', allow)).topics).toMatchObject([
          { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
        ]);
      expect((await client.ask(METADATA, { topics: null })).topics).toEqual([]);
    },
  );

  it('given the internal topic is asked for, then it gets its own settings', async () => {
    await restart('offsets.topic.num.partitions=5');
    await askMetadata('__consumer_offsets', true);

    const topic = await eventually('__consumer_offsets');
    expect(topic).toMatchObject({ isInternal: true });
    expect(topic.partitions).toHaveLength(5);
    const resources = [
      {
        resourceType: TOPIC,
        resourceName: '__consumer_offsets',
        configurationKeys: ['cleanup.policy'],
      },
    ];
    const [described] = (await client.ask(CONFIGS, { resources })).results;
    expect(described!.configs).toMatchObject([{ name: 'cleanup.policy', value: 'compact' }]);
  });

  it('given authorized operations are asked for, then everything is allowed', async () => {
    await createTopic('orders');
    const topics = [{ name: 'orders', topicId: ZERO_UUID }];
    const asked = { topics, includeTopicAuthorizedOperations: true };
    const answer = await client.ask(
      METADATA,
      { ...asked, includeClusterAuthorizedOperations: true },
      10,
    );
    expect(answer.clusterAuthorizedOperations).toBe(8096);
    expect(answer.topics[0]!.topicAuthorizedOperations).toBe(3576);
  });
});

describe('ApiVersions', () => {
  it('given a broker listener, then exactly the served APIs are told, Produce from 0', async () => {
    const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const answer = await client.ask(API_VERSIONS, body, 4);

    expect(answer.apiKeys.map(({ apiKey }) => apiKey)).toEqual(
      [...BROKER_API_TABLE.keys()].toSorted((a, b) => a - b),
    );
    expect(answer.apiKeys[0]).toEqual({ apiKey: ApiKey.Produce, minVersion: 0, maxVersion: 13 });
    expect(answer.finalizedFeatures).toEqual([
      { name: 'metadata.version', maxVersionLevel: 30, minVersionLevel: 30 },
      { name: 'eligible.leader.replicas.version', maxVersionLevel: 1, minVersionLevel: 1 },
      { name: 'kraft.version', maxVersionLevel: 1, minVersionLevel: 1 },
    ]);
    expect(answer.supportedFeatures.map(({ name }) => name)).toEqual([
      'eligible.leader.replicas.version',
      'kraft.version',
      'metadata.version',
    ]);
  });

  it('given a version that cannot read level 0, then such a feature is left out', async () => {
    const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const answer = await client.ask(API_VERSIONS, body, 3);
    expect(answer.supportedFeatures.map(({ name }) => name)).toEqual(['metadata.version']);
  });

  it('given a client that does not say what it is, then the request is invalid', async () => {
    const answer = await client.ask(API_VERSIONS, {}, 4);
    expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
  });
});

describe('topics', () => {
  it('given a topic is created, then its effective configs come with the answer', async () => {
    const configs = [{ name: 'retention.ms', value: '1000' }];
    const topics = [
      createCreatableTopic({ name: 'a', numPartitions: -1, replicationFactor: -1, configs }),
    ];
    const [created] = (await client.ask(CREATE, { topics })).topics;
    expect(created).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 1 });
    expect(created!.configs!.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '1000',
      configSource: 1,
    });
  });

  it('given it exists already, then that is said, and validateOnly creates nothing', async () => {
    await createTopic('a');
    const topics = [createCreatableTopic({ name: 'a', numPartitions: 1, replicationFactor: 1 })];
    expect((await client.ask(CREATE, { topics })).topics[0]).toMatchObject({
      errorCode: ErrorCode.TOPIC_ALREADY_EXISTS,
      errorMessage: "Topic 'a' already exists.",
    });
    const other = [createCreatableTopic({ name: 'b', numPartitions: 1, replicationFactor: 1 })];
    await client.ask(CREATE, { topics: other, validateOnly: true });
    expect((await client.ask(METADATA, { topics: null })).topics).toHaveLength(1);
  });

  it('given more replicas than brokers, then it is refused', async () => {
    const topics = [createCreatableTopic({ name: 'a', numPartitions: 1, replicationFactor: 3 })];
    expect((await client.ask(CREATE, { topics })).topics[0]).toMatchObject({
      errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
    });
  });

  it('given partitions are added and the topic deleted, then Metadata shows both', async () => {
    await createTopic('a');
    const added = await client.ask(PARTITIONS, {
      topics: [{ name: 'a', count: 4, assignments: null }],
      timeoutMs: 1000,
    });
    expect(added.results).toMatchObject([{ name: 'a', errorCode: 0 }]);
    expect((await askMetadata('a')).topics[0]!.partitions).toHaveLength(4);

    const deleted = await client.ask(DELETE, {
      topics: [{ name: 'a', topicId: ZERO_UUID }],
      timeoutMs: 1000,
    });
    expect(deleted.responses).toMatchObject([{ name: 'a', errorCode: 0 }]);
    expect((await askMetadata('a')).topics[0]!.errorCode).toBe(
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
  });

  it('given pages of two partitions, then the cursor leads through all topics in order', async () => {
    await createTopic('b', 3);
    await createTopic('a', 1);
    const seen: string[] = [];
    let cursor: ResponseCursor | null = null;
    do {
      const page: DescribeTopicPartitionsResponse = await client.ask(TOPIC_PAGES, {
        responsePartitionLimit: 2,
        cursor,
      });
      for (const { name, partitions } of page.topics)
        for (const { partitionIndex } of partitions) seen.push(`${name}-${partitionIndex}`);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['a-0', 'b-0', 'b-1', 'b-2']);
  });
});

describe('DescribeCluster', () => {
  it('tells the brokers, and refuses to pass for a controller', async () => {
    const answer = await client.ask(CLUSTER);
    expect(answer).toMatchObject({ errorCode: 0, clusterId: server.clusterId, controllerId: 1 });
    expect(answer.brokers).toMatchObject([{ brokerId: 1, isFenced: false }]);
    expect(await client.ask(CLUSTER, { endpointType: 2 })).toMatchObject({
      errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
    });
  });
});

describe('configs', () => {
  const change = (name: string, value: string, type = TOPIC, resource = 'a') => ({
    resourceType: type,
    resourceName: resource,
    configs: [{ name, value, configOperation: 0 }],
  });
  const valueOf = async (name: string, resourceType = TOPIC, resourceName = 'a') => {
    const resources = [{ resourceType, resourceName, configurationKeys: [name] }];
    const [result] = (await client.ask(CONFIGS, { resources, includeSynonyms: true })).results;
    return result!.configs[0];
  };

  it('given a topic config is changed, then it is in force and told with its source', async () => {
    await createTopic('a');
    const resources = [change('retention.ms', '1234')];
    expect((await client.ask(INCREMENTAL, { resources })).responses).toMatchObject([
      { errorCode: 0 },
    ]);
    expect(await valueOf('retention.ms')).toMatchObject({ value: '1234', configSource: 1 });

    const replaced = [
      { resourceType: TOPIC, resourceName: 'a', configs: [{ name: 'segment.ms', value: '9' }] },
    ];
    expect((await client.ask(ALTER, { resources: replaced })).responses).toMatchObject([
      { errorCode: 0 },
    ]);
    expect(await valueOf('retention.ms')).toMatchObject({ value: '604800000' });
  });

  it('given a dynamic broker config, then the broker itself uses it', async () => {
    for (const name of ['', '1']) {
      const resources = [
        change('message.max.bytes', name === '' ? '2000000' : '3000000', BROKER, name),
      ];
      const { responses } = await client.ask(INCREMENTAL, { resources });
      expect(responses).toMatchObject([{ errorCode: 0 }]);
    }
    expect(server.config.number('message.max.bytes')).toBe(3_000_000);
    expect(await valueOf('message.max.bytes', BROKER, '1')).toMatchObject({
      value: '3000000',
      configSource: 2,
    });
  });

  it.each([
    ['a value that is none', change('retention.ms', 'soon'), ErrorCode.INVALID_CONFIG],
    ['an unknown key', change('retention', '1'), ErrorCode.INVALID_CONFIG],
    ['a read-only broker key', change('log.dirs', '/x', BROKER, '1'), ErrorCode.INVALID_REQUEST],
    [
      "another broker's config",
      change('message.max.bytes', '1', BROKER, '7'),
      ErrorCode.INVALID_REQUEST,
    ],
    [
      'a topic that is not there',
      change('retention.ms', '1', TOPIC, 'b'),
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ],
    ['a kind of resource that is none', change('a', '1', 77), ErrorCode.INVALID_REQUEST],
  ])('given %s, then it is refused', async (_what, resource, errorCode) => {
    await createTopic('a');
    const { responses } = await client.ask(INCREMENTAL, { resources: [resource] });
    expect(responses).toMatchObject([{ errorCode, resourceName: resource.resourceName }]);
  });

  it('given a good and a bad resource, then each has its own answer, in order', async () => {
    await createTopic('a');
    const resources = [change('x', '1', 77), change('retention.ms', '5')];
    const { responses } = await client.ask(INCREMENTAL, { resources });
    expect(responses.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST, 0]);
    expect(await valueOf('retention.ms')).toMatchObject({ value: '5' });
  });
});

describe('the controller', () => {
  it('given DescribeQuorum on a broker, then the leader and its end are told', async () => {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    const answer = await client.ask(QUORUM, { topics });
    expect(answer.topics[0]!.partitions[0]).toMatchObject({
      errorCode: 0,
      leaderId: 1,
      observers: [],
    });
    expect(answer.topics[0]!.partitions[0]!.currentVoters).toMatchObject([{ replicaId: 1 }]);
    const { host, port } = server.controllerEndpoint;
    expect(answer.nodes).toMatchObject([
      { nodeId: 1, listeners: [{ name: 'CONTROLLER', host, port }] },
    ]);
  });

  it('given many idempotent producers, then no id is given twice', async () => {
    const body = { transactionalId: null, producerId: -1, producerEpoch: -1 };
    const answers = await Promise.all(
      Array.from({ length: 1500 }, () => client.ask(PRODUCER_ID, body)),
    );
    expect(new Set(answers.map(({ producerId }) => producerId)).size).toBe(1500);
    expect(answers.every(({ errorCode }) => errorCode === 0)).toBe(true);
  });
});
