// Clients that were closed keep nothing alive, and no failure is left for nobody to hear.
import { startBroker } from '@ottla/testing';
import { expect, it } from 'vitest';
import { Admin, Consumer, Producer } from '../src/index.ts';
import { simulatedCluster } from './simulated-cluster.ts';

/** Sockets and timers that would keep the process alive, once what is due has run. */
async function handles(): Promise<string[]> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const kinds = new Set(['TCPSocketWrap', 'TCPConnectWrap', 'TCPServerWrap', 'Timeout']);
  return process
    .getActiveResourcesInfo()
    .filter((name) => kinds.has(name))
    .sort();
}

it('given a producer, an admin and group members that were used and closed, then no socket or timer is left', async () => {
  const before = await handles();
  const broker = await startBroker({ overrides: { 'group.initial.rebalance.delay.ms': 0 } });
  const client = { bootstrapServers: broker.bootstrapServers };
  await broker.createTopic('used', { partitions: 2 });
  {
    await using producer = new Producer(client);
    await producer.send({ topic: 'used', value: 'one' });
    await using consumer = new Consumer({
      ...client,
      groupId: 'used',
      autoOffsetReset: 'earliest',
    });
    consumer.subscribe(['used']);
    for await (const record of consumer) {
      expect(String(record.value)).toBe('one');
      break;
    }
    await using admin = new Admin(client);
    expect((await admin.describeGroups(['used']))[0]).toMatchObject({ state: 'Stable' });
  }
  await broker.close();
  await expect.poll(handles).toEqual(before);
});

it('given a cluster that vanishes under every client, when they are closed, then nothing is left unhandled or open', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const { simulation, options } = await simulatedCluster();
    const producer = new Producer({ ...options, deliveryTimeoutMs: 2_000 });
    const admin = new Admin({ ...options, defaultApiTimeoutMs: 2_000 });
    await simulation.settle(producer.send({ topic: 'orders', value: 'a' }));
    simulation.node('broker').crash();
    const outcomes = simulation.settle(
      Promise.allSettled([producer.send({ topic: 'orders', value: 'b' }), admin.listTopics()]),
    );
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await simulation.settle(Promise.all([producer.close(), admin.close()]));
    await simulation.run(60_000);
    expect(simulation.net.connectionCount).toBe(0);
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});
