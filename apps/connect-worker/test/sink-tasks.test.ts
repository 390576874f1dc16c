// Several tasks of one sink share a topic's partitions: one fails, the other takes over, the failed one comes back.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Admin, Producer } from '@ottla/client';
import { describe, expect, it } from 'vitest';
import { until } from './until.ts';
import { workerWorld } from './worker-world.ts';

const PARTITIONS = [0, 1, 2, 3];

describe('several tasks of a sink', () => {
  it('given two tasks, when one fails, then the other takes its partitions and misses nothing; restarted, it gets some back and nothing comes twice', async () => {
    await using world = await workerWorld(() => ({
      'ottla.plugin.modules': new URL('ledger-plugins.ts', import.meta.url).href,
      // Commits come from rebalances alone.
      'offset.flush.interval.ms': '600000',
    }));
    const { broker, folder, call, reaches } = world;
    const ledger = path.join(folder, 'ledger');
    writeFileSync(ledger, '');
    const lines = (): string[] => readFileSync(ledger, 'utf8').split('\n');
    const putsOf = (value: string): string[] =>
      lines().filter((line) => line.endsWith(` ${value}`));
    await using admin = new Admin({ bootstrapServers: broker.bootstrapServers });
    await admin.createTopics([{ name: 'shared', numPartitions: 4 }]);
    await using producer = new Producer({ bootstrapServers: broker.bootstrapServers });
    const toAll = async (value: string): Promise<void> => {
      for (const partition of PARTITIONS)
        await producer.send({ topic: 'shared', partition, value });
      await until(`${value} came through each partition`, () => putsOf(value).length >= 4);
    };
    await call('PUT', '/connectors/ledger/config', {
      'connector.class': 'test.LedgerConnector',
      'tasks.max': '2',
      topics: 'shared',
      ledger,
      'consumer.override.metadata.max.age.ms': '1000',
    });
    await reaches('ledger', 'RUNNING RUNNING RUNNING');
    await until('each task has two partitions', () => {
      const owned = ownedBy(lines());
      return owned.get('0')?.size === 2 && owned.get('1')?.size === 2;
    });
    await toAll('first');

    writeFileSync(`${ledger}.failing`, '0');
    await toAll('poison');
    await reaches('ledger', 'RUNNING FAILED RUNNING');
    const { body } = await call('GET', '/connectors/ledger/status');
    expect(body.tasks?.[0]?.trace).toContain('poisoned');
    expect(ownedBy(lines()).get('1')?.size).toBe(4);
    expect(putsOf('poison').every((line) => line.startsWith('1 put'))).toBe(true);

    rmSync(`${ledger}.failing`);
    expect((await call('POST', '/connectors/ledger/tasks/0/restart')).status).toBe(204);
    await until('task 0 has partitions again', () => ownedBy(lines()).get('0')?.size === 2);
    await reaches('ledger', 'RUNNING RUNNING RUNNING');
    await toAll('last');
    for (const value of ['first', 'poison', 'last'])
      expect(
        putsOf(value)
          .map((line) => line.split(' ')[2])
          .sort(),
        value,
      ).toEqual(['0', '1', '2', '3']);

    await call('PUT', '/connectors/ledger/stop');
    const offsets = (await call('GET', '/connectors/ledger/offsets')).body.offsets ?? [];
    expect(offsets.map(({ offset }) => offset['kafka_offset'])).toEqual([3, 3, 3, 3]);
  });
});

/** Partitions that each task has open now. */
function ownedBy(lines: readonly string[]): Map<string, Set<string>> {
  const owned = new Map<string, Set<string>>();
  for (const [task = '', what, partition = ''] of lines.map((line) => line.split(' '))) {
    const own = owned.get(task) ?? new Set();
    if (what === 'open') own.add(partition);
    if (what === 'close') own.delete(partition);
    owned.set(task, own);
  }
  return owned;
}
