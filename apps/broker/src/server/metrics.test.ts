// What a server says of itself at /metrics: every name is in docs/metrics.md, and the numbers are those of the cluster.
import { readFileSync } from 'node:fs';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import { fetchRequest, fetchResponse } from '@ottla/protocol/messages/fetch';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterNode, startCluster, type TestCluster } from '../../test/cluster.ts';
import { ProtocolClient } from '../../test/running-server.ts';

const TIMEOUT = { timeout: 20_000, interval: 50 };
const CREATE = [createTopicsRequest, createTopicsResponse] as const;

let cluster: TestCluster | undefined;

afterEach(() => cluster?.close());

async function start(controllers: 1 | 3, brokers: number): Promise<TestCluster> {
  const properties = {
    'ottla.http.listener': '127.0.0.1:0',
    'ottla.leader.balance.delay.ms': '500',
    'replica.lag.time.max.ms': '1000',
  };
  cluster = await startCluster({ controllers, brokers, properties });
  return cluster;
}

async function textOf({ server }: ClusterNode): Promise<string> {
  return (await fetch(`http://127.0.0.1:${server!.http!.port}/metrics`)).text();
}

/** Values by name, with labels where there are some. */
async function valuesOf(node: ClusterNode): Promise<Record<string, number>> {
  const lines = (await textOf(node)).split('\n').filter((line) => !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function become(node: ClusterNode, expected: Record<string, unknown>): Promise<void> {
  return vi.waitFor(async () => expect(await valuesOf(node)).toMatchObject(expected), TIMEOUT);
}

function connect({ address }: ClusterNode): Promise<ProtocolClient> {
  const [host = '', port] = address.split(':');
  return ProtocolClient.connect({ host, port: Number(port) });
}

async function createTopic(node: ClusterNode, replicas: readonly number[][]): Promise<void> {
  const client = await connect(node);
  const topic = createCreatableTopic({
    name: 't',
    numPartitions: -1,
    replicationFactor: -1,
    configs: [{ name: 'min.insync.replicas', value: '2' }],
    assignments: replicas.map((brokerIds, partitionIndex) => ({
      partitionIndex,
      brokerIds: [...brokerIds],
    })),
  });
  const { topics } = await client.ask(CREATE, { topics: [topic] });
  expect(topics[0]?.errorCode).toBe(0);
  client.close();
}

describe('/metrics', () => {
  it('given the list in docs/metrics.md, then it names what is there, and nothing else', async () => {
    const { nodes } = await start(1, 1);
    const client = await connect(nodes[0]!);
    await client.ask([fetchRequest, fetchResponse], { maxWaitMs: 0 });
    client.close();
    const page = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `(ottla_\w+)/gm)].map(([, name]) => name);
    const text = await textOf(nodes[0]!);
    const exported = [...text.matchAll(/^# TYPE (ottla_\w+)/gm)].map(([, name]) => name);
    expect(new Set(exported)).toEqual(new Set(listed));
  });

  it('given three brokers, when one dies and comes back, then leaders, replicas and brokers are counted', async () => {
    const three = await start(1, 3);
    const [controller, second] = three.nodes as [ClusterNode, ClusterNode];
    await createTopic(controller, [
      [2, 3],
      [3, 2],
    ]);
    await become(controller, {
      ottla_active_controller: 1,
      ottla_cluster_topics: 1,
      ottla_cluster_partitions: 2,
      ottla_cluster_offline_partitions: 0,
      ottla_cluster_imbalanced_partitions: 0,
      ottla_cluster_active_brokers: 3,
      ottla_cluster_fenced_brokers: 0,
    });
    await become(second, {
      ottla_partitions: 2,
      ottla_leader_partitions: 1,
      ottla_under_replicated_partitions: 0,
      ottla_at_min_isr_partitions: 1,
    });

    three.kill(3);
    await become(controller, {
      ottla_cluster_active_brokers: 2,
      ottla_cluster_fenced_brokers: 1,
      ottla_cluster_imbalanced_partitions: 1,
    });
    await become(second, {
      ottla_leader_partitions: 2,
      ottla_under_replicated_partitions: 2,
      ottla_under_min_isr_partitions: 2,
      ottla_at_min_isr_partitions: 0,
    });

    await three.restart(3);
    await become(controller, {
      ottla_cluster_active_brokers: 3,
      ottla_cluster_imbalanced_partitions: 0,
    });
    await become(second, {
      ottla_under_replicated_partitions: 0,
      ottla_isr_expands_total: expect.toSatisfy((count: number) => count >= 1),
    });
  });

  it('given three voters, then each says who leads, and the next leader how long the election took', async () => {
    const all = await start(3, 4);
    await vi.waitFor(() => expect(all.activeController()).toBeDefined(), TIMEOUT);
    const first = all.activeController()!;
    const observer = all.nodes[3]!;
    await become(all.nodes[first - 1]!, {
      ottla_quorum_leader_id: first,
      ottla_quorum_voters: 3,
      ottla_quorum_observers: 1,
      'ottla_quorum_state{state="leader"}': 1,
      'ottla_quorum_state{state="follower"}': 0,
      ottla_quorum_commit_seconds_count: expect.toSatisfy((count: number) => count > 0),
    });
    await become(observer, {
      ottla_quorum_leader_id: first,
      'ottla_quorum_state{state="observer"}': 1,
      ottla_quorum_high_watermark: expect.toSatisfy((offset: number) => offset > 0),
    });
    const before = await valuesOf(observer);

    all.kill(first);
    await vi.waitFor(
      () =>
        expect(all.activeController()).toSatisfy((id?: number) => id !== undefined && id !== first),
      TIMEOUT,
    );

    const next = all.activeController()!;
    const values = await valuesOf(all.nodes[next - 1]!);
    expect(values['ottla_quorum_epoch']).toBeGreaterThan(before['ottla_quorum_epoch']!);
    expect(values['ottla_quorum_election_seconds_count']).toBeGreaterThan(0);
    expect(values['ottla_quorum_election_seconds_sum']).toBeLessThan(60);
  });
});
