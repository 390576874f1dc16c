// Several servers, one cluster: who leads the quorum, who is registered, what goes on when a node ends.
import { afterEach, describe, expect, it } from 'vitest';
import {
  describeClusterRequest,
  describeClusterResponse,
} from '@ottla/protocol/messages/describe-cluster';
import { type ClusterNode, startCluster, type TestCluster } from '../../test/cluster.ts';
import { ProtocolClient } from '../../test/running-server.ts';

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

async function brokersAsSeenBy({ address }: ClusterNode): Promise<number[]> {
  const [host = '', port] = address.split(':');
  const client = await ProtocolClient.connect({ host, port: Number(port) });
  try {
    const { brokers } = await client.ask([describeClusterRequest, describeClusterResponse], {
      endpointType: 1,
    });
    return brokers.map(({ brokerId }) => brokerId).sort((a, b) => a - b);
  } finally {
    client.close();
  }
}

describe('a cluster with one controller', () => {
  it('given a combined node and two brokers, then all are registered and know the controller', async () => {
    cluster = await startCluster({ brokers: 3 });
    expect(cluster.activeController()).toBe(1);
    for (const node of cluster.nodes) expect(await brokersAsSeenBy(node)).toEqual([1, 2, 3]);
  });

  it('given a controller alone and two brokers, then both are registered', async () => {
    cluster = await startCluster({ brokers: 2, combined: false });
    expect(cluster.activeController()).toBe(101);
    expect(await brokersAsSeenBy(cluster.node(2))).toEqual([1, 2]);
  });
});

describe('a cluster with three voters', () => {
  it('given combined nodes, then one of them leads, and all are registered', async () => {
    cluster = await startCluster({ controllers: 3, brokers: 4 });
    expect([1, 2, 3]).toContain(cluster.activeController());
    expect(await brokersAsSeenBy(cluster.node(4))).toEqual([1, 2, 3, 4]);
  });
});
