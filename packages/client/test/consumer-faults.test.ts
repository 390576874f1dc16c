// A group member whose coordinator keeps it waiting.
import { ApiKey } from '@ottla/protocol';
import { describe, expect, it } from 'vitest';
import { Consumer } from '../src/index.ts';
import { simulatedCluster } from './simulated-cluster.ts';

describe('Consumer', () => {
  it('given a join that is not answered, when the consumer is closed, then does not wait for the rebalance', async () => {
    const { simulation, broker, options } = await simulatedCluster();
    broker.inject({ apiKey: ApiKey.JoinGroup, fault: { kind: 'neverAnswer' } });
    const consumer = new Consumer({ ...options, groupId: 'g' });
    consumer.subscribe(['orders']);
    await simulation.runUntil(() => broker.count(ApiKey.JoinGroup) === 1);
    await simulation.settle(consumer.close(), 5_000);
    await simulation.run(100);
    expect(simulation.net.connectionCount).toBe(0);
  });
});
