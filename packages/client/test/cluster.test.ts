// How clients find brokers and keep to them: backoff, idle connections, bounded pipelines, leader hints, rebootstrap.
import { ApiKey, ErrorCode } from '@ottla/protocol';
import { metadataRequest, metadataResponse } from '@ottla/protocol/messages/metadata';
import { createSimulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../src/connection/cluster.ts';
import { type ClientOptions, Producer } from '../src/index.ts';
import { resolveOptions } from '../src/options.ts';
import { FakeBroker, FakeCluster } from './fake-broker.ts';
import { simulatedCluster } from './simulated-cluster.ts';

const METADATA = { request: metadataRequest, response: metadataResponse };

function clusterOf(options: ClientOptions): Cluster {
  return new Cluster(resolveOptions(options));
}

describe('Cluster, connections', () => {
  it('given a broker that refuses, then tries it again after waits that grow, up to the limit', async () => {
    const { simulation, options } = await simulatedCluster();
    simulation.net.refuse('broker');
    const cluster = clusterOf({ ...options, reconnectBackoffMs: 100, reconnectBackoffMsMax: 400 });
    const tookMs: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const startedMs = simulation.elapsedMs;
      await expect(simulation.settle(cluster.connect('broker', 9092))).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
      tookMs.push(simulation.elapsedMs - startedMs);
    }
    // Each wait ± 20 %, and some milliseconds for the attempt itself.
    for (const [attempt, waitMs] of [0, 100, 200, 400, 400, 400].entries()) {
      expect(tookMs[attempt]).toBeGreaterThanOrEqual(waitMs * 0.8);
      expect(tookMs[attempt]).toBeLessThan(waitMs * 1.2 + 20);
    }
    await simulation.settle(cluster.close());
  });

  it('given a wait before the next attempt, when closed, then it ends at once', async () => {
    const { simulation, options } = await simulatedCluster();
    simulation.net.refuse('broker');
    const cluster = clusterOf({ ...options, reconnectBackoffMs: 10_000 });
    await simulation.settle(cluster.connect('broker', 9092).catch(() => undefined));
    const waiting = cluster.connect('broker', 9092);
    const startedMs = simulation.elapsedMs;
    const closed = cluster.close();
    await expect(simulation.settle(waiting)).rejects.toMatchObject({ code: 'CLOSED' });
    await simulation.settle(closed);
    expect(simulation.elapsedMs - startedMs).toBeLessThan(100);
  });

  it('given a connection that is not used, then it is closed, and opened again when needed', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const cluster = clusterOf({ ...options, connectionsMaxIdleMs: 5_000 });
    await simulation.settle(cluster.refresh([]));
    await simulation.run(3_000);
    await simulation.settle(cluster.refresh([]));
    await simulation.run(4_000);
    expect(broker.connectionCount).toBe(1);
    await simulation.run(2_000);
    expect(broker.connectionCount).toBe(0);
    await simulation.settle(cluster.refresh([]));
    expect(broker.connectionCount).toBe(1);
    await simulation.settle(cluster.close());
  });

  it('given more requests than may be in flight, then the others wait their turn and all are answered', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const cluster = clusterOf(options);
    const connection = await simulation.settle(cluster.any());
    const before = broker.count(ApiKey.Metadata);
    const calls = Array.from({ length: 350 }, () =>
      connection.send(METADATA, metadataRequest.create({ topics: [] })),
    );
    expect(connection.inFlight).toBe(350);
    await simulation.runUntil(() => broker.count(ApiKey.Metadata) > before);
    expect(broker.count(ApiKey.Metadata) - before).toBeLessThanOrEqual(100);
    expect(await simulation.settle(Promise.all(calls))).toHaveLength(350);
    await simulation.settle(cluster.close());
  });

  it('given a request with less time than those before it, then its own limit counts', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const cluster = clusterOf(options);
    const connection = await simulation.settle(cluster.any());
    const never = { apiKey: ApiKey.Metadata, fault: { kind: 'neverAnswer' } } as const;
    broker.inject(never, never);
    const request = metadataRequest.create({ topics: [] });
    const slow = connection.send(METADATA, request, { timeoutMs: 20_000 }).catch(() => undefined);
    const quick = connection.send(METADATA, request, { timeoutMs: 300 });
    await expect(simulation.settle(quick, 1_000)).rejects.toMatchObject({
      code: 'REQUEST_TIMED_OUT',
    });
    await simulation.settle(slow);
    await simulation.settle(cluster.close());
  });
});

describe('Cluster, metadata', () => {
  async function threeBrokers() {
    const simulation = createSimulation({ seed: 5 });
    const cluster = new FakeCluster();
    const brokers: FakeBroker[] = [];
    for (const nodeId of [1, 2, 3]) {
      const host = `broker-${nodeId}`;
      const { platform } = simulation.node(host);
      const options = { platform, host, nodeId, cluster, topics: { orders: 1 } };
      brokers.push(await simulation.settle(FakeBroker.start(options)));
    }
    const options = {
      bootstrapServers: 'broker-1:9092',
      platform: simulation.node('client').platform,
      requestTimeoutMs: 2_000,
    };
    return { simulation, cluster, brokers, options };
  }

  it('given a leader that moved, when the old one names the new, then it is asked at once and no metadata (KIP-951)', async () => {
    const { simulation, cluster, brokers, options } = await threeBrokers();
    const producer = new Producer({ ...options, retryBackoffMs: 5_000, retryBackoffMsMax: 5_000 });
    await simulation.settle(producer.send({ topic: 'orders', value: 'a' }));
    const asked = brokers.map((broker) => broker.count(ApiKey.Metadata));
    cluster.moveLeader('orders-0', 3);
    await simulation.settle(producer.send({ topic: 'orders', value: 'b' }), 1_000);
    expect(brokers[0]!.values('orders', 0)).toEqual(['a', 'b']);
    expect(brokers.map((broker) => broker.count(ApiKey.Metadata))).toEqual(asked);
    expect(brokers[2]!.count(ApiKey.Produce)).toBe(1);
    await simulation.settle(producer.close());
  });

  it('given metadata of an older leader epoch, then it is not believed', async () => {
    const { simulation, cluster, options } = await threeBrokers();
    const client = clusterOf(options);
    await simulation.settle(client.refresh(['orders']));
    const hint = { topic: 'orders', partition: 0, leaderId: 2, leaderEpoch: 4 };
    expect(client.learnLeader(hint)).toBe(true);
    expect(client.learnLeader({ ...hint, leaderId: 3 })).toBe(false);
    await simulation.settle(client.refresh(['orders']));
    expect((await simulation.settle(client.leader('orders', 0))).leaderId).toBe(2);
    for (let epoch = 1; epoch <= 5; epoch += 1) cluster.moveLeader('orders-0', 3);
    await simulation.settle(client.refresh(['orders']));
    expect((await simulation.settle(client.leader('orders', 0))).leaderId).toBe(3);
    await simulation.settle(client.close());
  });

  it('given a broker that demands it, then goes back to the bootstrap servers (KIP-1102)', async () => {
    const { simulation, brokers, options } = await threeBrokers();
    const client = clusterOf(options);
    await simulation.settle(client.refresh([]));
    expect(client.metadata.brokers.size).toBe(3);
    for (const broker of brokers)
      broker.inject({
        apiKey: ApiKey.Metadata,
        fault: { kind: 'error', errorCode: ErrorCode.REBOOTSTRAP_REQUIRED },
      });
    await expect(simulation.settle(client.refresh([]))).rejects.toMatchObject({
      code: 'REBOOTSTRAP_REQUIRED',
    });
    expect(client.metadata.brokers.size).toBe(0);
    await simulation.settle(client.close());
  });

  it('given requests for a refresh by many, then one question for all', async () => {
    const { simulation, brokers, options } = await threeBrokers();
    const client = clusterOf(options);
    let changes = 0;
    client.onMetadata(() => {
      changes += 1;
    });
    for (let index = 0; index < 10; index += 1) client.requestRefresh(['orders']);
    await simulation.runUntil(() => changes > 0);
    await simulation.run(2_000);
    expect(changes).toBe(1);
    expect(brokers.map((broker) => broker.count(ApiKey.Metadata))).toEqual([1, 0, 0]);
    await simulation.settle(client.close());
  });

  // Found by the simulator (seeds 1014 and 1057 of nine brokers): a client kept to the brokers of a site that was cut off.
  it('given a broker that does not answer, then the next question goes to another one', async () => {
    const { simulation, brokers, options } = await threeBrokers();
    const client = clusterOf({ ...options, bootstrapServers: 'broker-1:9092,broker-2:9092' });
    brokers[0]!.inject({ apiKey: ApiKey.Metadata, fault: { kind: 'neverAnswer' } });
    await expect(simulation.settle(client.refresh([]))).rejects.toMatchObject({
      code: 'REQUEST_TIMED_OUT',
    });
    const before = brokers.map((broker) => broker.count(ApiKey.Metadata));
    expect(before[0]).toBe(1);
    await simulation.settle(client.refresh([]));
    const after = brokers.map((broker) => broker.count(ApiKey.Metadata));
    expect(after).toEqual([1, before[1]! + 1, 0]);
    await simulation.settle(client.close());
  });

  it('given a broker that goes on to tell who led before it was cut off, then another one is asked after a while', async () => {
    const { simulation, cluster, options } = await threeBrokers();
    const cutOff = new FakeCluster();
    const { platform } = simulation.node('broker-4');
    const host = 'broker-4';
    const stale = { platform, host, nodeId: 4, cluster: cutOff, topics: { orders: 1 } };
    await simulation.settle(FakeBroker.start(stale));
    for (const [nodeId, address] of cluster.brokers) cutOff.brokers.set(nodeId, address);
    cluster.moveLeader('orders-0', 3);
    const client = clusterOf({ ...options, bootstrapServers: 'broker-4:9092' });
    await simulation.settle(client.refresh(['orders']));
    expect((await simulation.settle(client.leader('orders', 0))).leaderId).toBe(1);
    const led = (): number | undefined =>
      client.metadata.topics.get('orders')?.partitions[0]?.leaderId;
    for (let second = 0; second < 12 && led() !== 3; second += 1) {
      client.requestRefresh(['orders']);
      await simulation.run(1_000);
    }
    expect(led()).toBe(3);
    await simulation.settle(client.close());
  });

  describe('a broker that stands still', () => {
    const SLOW = { requestTimeoutMs: 30_000 } as const;

    it('given that the others went on without it, then what it was asked goes to the new leader before the request timeout', async () => {
      const { simulation, cluster, brokers, options } = await threeBrokers();
      const producer = new Producer({ ...options, ...SLOW });
      await simulation.settle(producer.send({ topic: 'orders', value: 'a' }));
      simulation.node('broker-1').stall(60_000);
      const startedMs = simulation.elapsedMs;
      const sent = producer.send({ topic: 'orders', value: 'b' });
      await simulation.run(2_000);
      cluster.brokers.delete(1);
      cluster.moveLeader('orders-0', 2);
      await simulation.settle(sent, 5_000);
      // It was known a second at most after the others went on, which was after two.
      expect(simulation.elapsedMs - startedMs).toBeLessThan(3_100);
      expect(brokers[1]!.values('orders', 0)).toEqual(['a', 'b']);
      await simulation.settle(producer.close());
    });

    it('given that it is in the cluster all the same, then its late answer counts and nothing is sent twice', async () => {
      const { simulation, brokers, options } = await threeBrokers();
      const producer = new Producer({ ...options, ...SLOW });
      await simulation.settle(producer.send({ topic: 'orders', value: 'a' }));
      simulation.node('broker-1').stall(8_000);
      await simulation.settle(producer.send({ topic: 'orders', value: 'b' }), 10_000);
      expect(brokers[0]!.count(ApiKey.Produce)).toBe(2);
      // Others were asked, about once a second.
      const asked = brokers.slice(1).map((broker) => broker.count(ApiKey.Metadata));
      expect(asked[0]! + asked[1]!).toBeGreaterThanOrEqual(5);
      expect(asked[0]! + asked[1]!).toBeLessThanOrEqual(9);
      await simulation.settle(producer.close());
    });

    it('given a connection to it that is being made, then that ends as well', async () => {
      const { simulation, cluster, options } = await threeBrokers();
      const client = clusterOf({ ...options, ...SLOW });
      await simulation.settle(client.refresh([]));
      simulation.node('broker-2').stall(60_000);
      const startedMs = simulation.elapsedMs;
      const connection = client.broker(2);
      await simulation.run(500);
      cluster.brokers.delete(2);
      await expect(simulation.settle(connection, 5_000)).rejects.toMatchObject({
        code: 'BROKER_NOT_AVAILABLE',
      });
      expect(simulation.elapsedMs - startedMs).toBeLessThan(3_000);
      await simulation.settle(client.close());
    });

    it('given a fetch that waits for records as long as it may, then nobody else is asked', async () => {
      const { simulation, brokers, options } = await threeBrokers();
      const client = clusterOf({ ...options, ...SLOW });
      await simulation.settle(client.refresh([]));
      const connection = await simulation.settle(client.broker(2));
      const asked = brokers.map((broker) => broker.count(ApiKey.Metadata));
      brokers[1]!.inject({ apiKey: ApiKey.Metadata, fault: { kind: 'neverAnswer' } });
      const request = metadataRequest.create({ topics: [] });
      const waiting = connection
        .send(METADATA, request, { timeoutMs: 50_000 })
        .catch(() => undefined);
      await simulation.run(20_000);
      expect(brokers.map((broker) => broker.count(ApiKey.Metadata))).toEqual([
        asked[0],
        asked[1]! + 1,
        asked[2],
      ]);
      await simulation.run(5_000);
      expect(
        brokers[0]!.count(ApiKey.Metadata) + brokers[2]!.count(ApiKey.Metadata),
      ).toBeGreaterThan(asked[0]! + asked[2]!);
      await simulation.settle(client.close());
      await waiting;
    });
  });
});
