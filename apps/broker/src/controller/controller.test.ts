// What brokers and tools are answered on the controller's listener.
import { ApiKey, ErrorCode, METADATA_TOPIC_ID } from '@ottla/protocol';
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse,
} from '@ottla/protocol/messages/allocate-producer-ids';
import { apiVersionsRequest, apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import {
  brokerHeartbeatRequest,
  brokerHeartbeatResponse,
} from '@ottla/protocol/messages/broker-heartbeat';
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from '@ottla/protocol/messages/broker-registration';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import { envelopeRequest, envelopeResponse } from '@ottla/protocol/messages/envelope';
import {
  createFetchPartition,
  createFetchTopic,
  fetchRequest,
  fetchResponse,
} from '@ottla/protocol/messages/fetch';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import { decodeBatches } from '@ottla/protocol/records';
import { decodeMetadataRecord } from '@ottla/metadata';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProtocolClient, startTestServer } from '../../test/running-server.ts';
import type { RunningServer } from '../index.ts';
import { SUPPORTED_FEATURES } from '../server/supported-features.ts';
import { CONTROLLER_API_TABLE } from './controller-api-table.ts';

const REGISTER = [brokerRegistrationRequest, brokerRegistrationResponse] as const;
const HEARTBEAT = [brokerHeartbeatRequest, brokerHeartbeatResponse] as const;
const ALLOCATE = [allocateProducerIdsRequest, allocateProducerIdsResponse] as const;
const CLUSTER = [describeClusterRequest, describeClusterResponse] as const;

let server: RunningServer;
let client: ProtocolClient;

beforeEach(async () => {
  server = await startTestServer();
  client = await ProtocolClient.connect(server.controllerEndpoint);
});

afterEach(async () => {
  client.close();
  await server.close();
});

function register(brokerId: number, clusterId = server.clusterId) {
  return client.ask(REGISTER, {
    brokerId,
    clusterId,
    incarnationId: 'AAAAAAAAAAAAAAAAAAAACQ',
    listeners: [{ name: 'PLAINTEXT', host: 'other', port: 9, securityProtocol: 0 }],
    features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
    logDirs: ['ZGlyZWN0b3J5LWRpcmVjdA'],
  });
}

describe('the controller listener', () => {
  it('given ApiVersions, then exactly its own APIs are told', async () => {
    const body = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
    const codecs = [apiVersionsRequest, apiVersionsResponse] as const;
    const { apiKeys } = await client.ask(codecs, body);
    expect(apiKeys.map(({ apiKey }) => apiKey)).toEqual(
      [...CONTROLLER_API_TABLE.keys()].toSorted((a, b) => a - b),
    );
  });

  it('given a client API, then the connection ends: it is not served here', async () => {
    const asking = client.ask([metadataRequest, metadataResponse], { topics: null });
    await expect(asking).rejects.toThrow('ended');
  });

  it('given a second broker, then it is fenced until it has caught up, and seen by clients after', async () => {
    const { errorCode, brokerEpoch } = await register(2);
    expect(errorCode).toBe(0);
    const beat = { brokerId: 2, brokerEpoch, wantFence: false, cordonedLogDirs: null };
    const behind = await client.ask(HEARTBEAT, { ...beat, currentMetadataOffset: 0 });
    expect(behind).toMatchObject({ errorCode: 0, isCaughtUp: false, isFenced: true });
    const caughtUp = await client.ask(HEARTBEAT, { ...beat, currentMetadataOffset: brokerEpoch });
    expect(caughtUp).toMatchObject({ errorCode: 0, isCaughtUp: true, isFenced: false });

    const other = await ProtocolClient.connect(server.endpoints[0]!);
    const { brokers } = await other.ask([metadataRequest, metadataResponse], { topics: null });
    other.close();
    expect(brokers).toMatchObject([{ nodeId: 1 }, { nodeId: 2, host: 'other', port: 9 }]);
  });

  it('given the wrong cluster or an old epoch, then it is refused', async () => {
    expect((await register(2, 'another')).errorCode).toBe(ErrorCode.INCONSISTENT_CLUSTER_ID);
    const stale = { brokerId: 1, brokerEpoch: 0, cordonedLogDirs: null };
    expect((await client.ask(HEARTBEAT, stale)).errorCode).toBe(ErrorCode.STALE_BROKER_EPOCH);
  });

  it('given two blocks of producer ids, then they follow one another', async () => {
    const { brokerEpoch } = await register(2);
    const [a, b] = [
      await client.ask(ALLOCATE, { brokerId: 2, brokerEpoch }),
      await client.ask(ALLOCATE, { brokerId: 2, brokerEpoch }),
    ];
    expect(a).toMatchObject({ errorCode: 0, producerIdLen: 1000 });
    expect(b.producerIdStart).toBe(a.producerIdStart + 1000);
  });

  it('given a fetch of the metadata log, then the committed records come as they are on disk', async () => {
    const partitions = [
      createFetchPartition({
        partition: 0,
        fetchOffset: 0,
        partitionMaxBytes: 1 << 20,
        currentLeaderEpoch: -1,
      }),
    ];
    const topics = [createFetchTopic({ topicId: METADATA_TOPIC_ID, partitions })];
    const body = { topics, maxBytes: 1 << 20, maxWaitMs: 0, minBytes: 0 };
    const answer = await client.ask([fetchRequest, fetchResponse], body);
    const partition = answer.responses[0]!.partitions[0]!;
    expect(partition).toMatchObject({ errorCode: 0, currentLeader: { leaderId: 1 } });
    const types: string[] = [];
    for (const batch of decodeBatches(partition.records as Buffer, { verifyCrc: true }))
      if (!batch.isControlBatch)
        for (const record of batch.records()) types.push(decodeMetadataRecord(record.value!).type);
    expect(types).toContain('FeatureLevelRecord');
    expect(types).toContain('RegisterBrokerRecord');
  });

  it('given DescribeCluster, then the controllers are told, and brokers are not', async () => {
    const answer = await client.ask(CLUSTER, { endpointType: 2 });
    const { host, port } = server.controllerEndpoint;
    expect(answer).toMatchObject({
      errorCode: 0,
      controllerId: 1,
      brokers: [{ brokerId: 1, host, port }],
    });
    expect((await client.ask(CLUSTER, { endpointType: 1 })).errorCode).toBe(
      ErrorCode.MISMATCHED_ENDPOINT_TYPE,
    );
  });

  it('given an envelope with an API that may not be forwarded, then it is refused', async () => {
    const requestData = Buffer.concat([
      Buffer.from([0, ApiKey.Fetch, 0, 4, 0, 0, 0, 1, 0, 1, 97]),
      Buffer.alloc(64),
    ]);
    const body = {
      requestData,
      requestPrincipal: principal(),
      clientHostAddress: Buffer.from([127, 0, 0, 1]),
    };
    const answer = await client.ask([envelopeRequest, envelopeResponse], body);
    expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, responseData: null });
  });
});

/** Version 0 of DefaultPrincipalData: User:ANONYMOUS. */
function principal(): Buffer {
  return Buffer.from('00000555736572 0a414e4f4e594d4f5553 00 00'.replaceAll(' ', ''), 'hex');
}
