// One connection, as a user of the admin sees it: versions, pipelining, bad peers, time-outs.
import { ApiKey } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { Admin } from '../src/index.ts';
import { FakeBroker } from './fake-broker.ts';
import { simulatedCluster } from './simulated-cluster.ts';

function frameOf(size: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(size);
  return Buffer.concat([head, body]);
}

describe('BrokerConnection', () => {
  it('given a broker that refuses the newest ApiVersions, then asks again at version 0', async () => {
    const { simulation, broker, options } = await simulatedCluster({ apiVersionsMax: 2 });
    const admin = new Admin(options);
    const topics = await simulation.settle(admin.listTopics());
    expect(topics.map(({ name }) => name)).toEqual(['orders']);
    expect(broker.requests.slice(0, 2)).toEqual([
      { apiKey: ApiKey.ApiVersions, version: 4 },
      { apiKey: ApiKey.ApiVersions, version: 0 },
    ]);
    await simulation.settle(admin.close());
  });

  it('given many calls at once, then they share one connection and each gets its own answer', async () => {
    const { simulation, broker, options } = await simulatedCluster({
      topics: { a: 1, b: 2, c: 3 },
    });
    const admin = new Admin(options);
    const calls = Array.from({ length: 60 }, (_, index) => ['a', 'b', 'c'][index % 3]!);
    const described = await simulation.settle(
      Promise.all(calls.map(async (name) => (await admin.describeTopics([name]))[0]!)),
    );
    expect(described.map(({ name }) => name)).toEqual(calls);
    expect(described.map(({ partitions }) => partitions.length)).toEqual(
      calls.map((name) => ({ a: 1, b: 2, c: 3 })[name]),
    );
    expect(broker.connectionCount).toBe(1);
    await simulation.settle(admin.close());
  });

  it.each([
    ['a frame of 2 GB', frameOf(0x7fff_ffff)],
    ['a frame of negative size', frameOf(-5)],
    ['a frame too short for its header', frameOf(2, Buffer.alloc(2))],
    ['an answer to something never asked', frameOf(4, Buffer.from([0, 0, 0x77, 0x77]))],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])(
    'given a peer that answers with %s, then drops it and asks on a new connection',
    async (_, bytes) => {
      const { simulation, broker, options } = await simulatedCluster();
      broker.inject({ apiKey: ApiKey.Metadata, fault: { kind: 'sendBytes', bytes } });
      const admin = new Admin(options);
      const topics = await simulation.settle(admin.listTopics());
      expect(topics).toHaveLength(1);
      expect(broker.count(ApiKey.ApiVersions)).toBe(2);
      await simulation.settle(admin.close());
    },
  );

  it('given a broker that never answers, when the time is up, then says what was not done and why', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const fault = { apiKey: ApiKey.Metadata, fault: { kind: 'neverAnswer' } } as const;
    broker.inject(...Array.from({ length: 50 }, () => fault));
    const admin = new Admin({ ...options, requestTimeoutMs: 500, defaultApiTimeoutMs: 5_000 });
    await expect(simulation.settle(admin.listTopics())).rejects.toMatchObject({
      name: 'TimeoutError',
      code: 'REQUEST_TIMED_OUT',
      retriable: true,
      message: expect.stringContaining('listing topics'),
    });
    await simulation.settle(admin.close());
  });

  it('given a broker that takes connections and stands still, when closed, then does not wait for it', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    broker.inject({ apiKey: ApiKey.ApiVersions, fault: { kind: 'neverAnswer' } });
    const admin = new Admin({ ...options, requestTimeoutMs: 60_000 });
    const failed = expect(admin.listTopics()).rejects.toThrow('closed');
    await simulation.runUntil(() => broker.count(ApiKey.ApiVersions) > 0);
    const beforeMs = simulation.elapsedMs;
    await simulation.settle(admin.close());
    expect(simulation.elapsedMs - beforeMs).toBeLessThan(1_000);
    await failed;
  });

  it('given a first bootstrap server that is down, then uses the next', async () => {
    const { simulation, options } = await simulatedCluster();
    simulation.node('dead');
    const admin = new Admin({ ...options, bootstrapServers: ['dead:9092', 'broker:9092'] });
    expect(await simulation.settle(admin.listTopics())).toHaveLength(1);
    await simulation.settle(admin.close());
  });

  it('given that every known broker is gone, then goes back to the bootstrap servers', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const { platform } = simulation.node('spare');
    const spare = await simulation.settle(
      FakeBroker.start({ platform, host: 'spare', topics: { other: 1 } }),
    );
    const admin = new Admin({ ...options, bootstrapServers: ['broker:9092', 'spare:9092'] });
    await simulation.settle(admin.listTopics());
    await simulation.settle(broker.close());
    const topics = await simulation.settle(admin.listTopics());
    expect(topics.map(({ name }) => name)).toEqual(['other']);
    await simulation.settle(admin.close());
    await simulation.settle(spare.close());
  });

  it('given a closed admin, then no connection is left and calls are refused', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    const admin = new Admin(options);
    await simulation.settle(admin.listTopics());
    await simulation.settle(admin.close());
    await simulation.run(100);
    expect(broker.connectionCount).toBe(0);
    await expect(simulation.settle(admin.listTopics())).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
