// What three controllers say of themselves, and what brokers that nobody told otherwise do with a new topic.
import { ErrorCode } from '@ottla/protocol';
import {
  createPartitionsRequest,
  createPartitionsResponse,
} from '@ottla/protocol/messages/create-partitions';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import {
  updateFeaturesRequest,
  updateFeaturesResponse,
} from '@ottla/protocol/messages/update-features';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startCluster, type TestCluster } from '../../test/cluster.ts';
import { withClient } from '../../test/running-server.ts';

const CREATE = [createTopicsRequest, createTopicsResponse] as const;
const GROW = [createPartitionsRequest, createPartitionsResponse] as const;
const CLUSTER = [describeClusterRequest, describeClusterResponse] as const;
const FEATURES = [updateFeaturesRequest, updateFeaturesResponse] as const;
const TIMEOUT = { timeout: 10_000, interval: 20 };

let cluster: TestCluster;

beforeEach(async () => {
  const properties = { 'ottla.default.replication.factor.max': '3' };
  cluster = await startCluster({ controllers: 3, brokers: 4, properties });
});

afterEach(() => cluster.close());

describe('three controllers', () => {
  it('given DescribeCluster on the listener of any of them, then all are told, and who is active', async () => {
    for (const id of [1, 2, 3]) {
      await vi.waitFor(async () => {
        const { brokers, controllerId } = await withClient(
          cluster.node(id).server!.controllerEndpoint,
          (client) => client.ask(CLUSTER, { endpointType: 2 }),
        );
        expect(brokers.map(({ brokerId }) => brokerId).toSorted((a, b) => a - b)).toEqual([
          1, 2, 3,
        ]);
        expect(controllerId).toBe(cluster.activeController());
      }, TIMEOUT);
    }
  });

  it('given a broker is asked for controllers, then it says where to ask', async () => {
    const { errorCode } = await withClient(cluster.node(4).address, (client) =>
      client.ask(CLUSTER, { endpointType: 2 }),
    );
    expect(errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE);
  });

  it('given a feature that all of them support, when the active one is lost, then the next one changes it back', async () => {
    const update = (maxVersionLevel: number, upgradeType: number) => {
      const feature = 'eligible.leader.replicas.version';
      const change = { feature, maxVersionLevel, upgradeType, allowDowngrade: false };
      return vi.waitFor(async () => {
        const { errorCode } = await withClient(cluster.node(4).address, (client) =>
          client.ask(FEATURES, { featureUpdates: [change] }),
        );
        expect(errorCode).toBe(ErrorCode.NONE);
      }, TIMEOUT);
    };
    await update(0, 2);

    cluster.kill(cluster.activeController() ?? 0);

    await update(1, 1);
  });

  it('given a topic without a count, then it has as many replicas as there are brokers, up to three, and grows alike', async () => {
    const topic = createCreatableTopic({ name: 't', numPartitions: -1, replicationFactor: -1 });

    const { topics } = await withClient(cluster.node(4).address, (client) =>
      client.ask(CREATE, { topics: [topic] }),
    );

    expect(topics[0]).toMatchObject({ errorCode: 0, numPartitions: 1, replicationFactor: 3 });
    const wanted = { topics: [{ name: 't', count: 2, assignments: null }], timeoutMs: 5000 };
    const { results } = await withClient(cluster.node(4).address, (client) =>
      client.ask(GROW, wanted),
    );
    expect(results[0]?.errorCode).toBe(ErrorCode.NONE);
  });
});
