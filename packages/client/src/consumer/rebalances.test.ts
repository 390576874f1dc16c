// What a member does with partitions that come to it while the cluster cannot tell where to begin.
import { createSimulation } from '@ottla/platform/simulated';
import { describe, expect, it } from 'vitest';
import { TimeoutError, UsageError } from '../errors.ts';
import { resolveOptions } from '../options.ts';
import { AssignedPartitions } from './assigned-partitions.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { Positions } from './positions.ts';
import { Rebalances } from './rebalances.ts';
import type { RecordSource } from './record-source.ts';

const ADDED = [
  { topic: 't', partition: 0 },
  { topic: 't', partition: 1 },
];

/** @param lookUp what becomes of each attempt to find positions */
function given(
  lookUp: (
    attempt: number,
    readers: readonly PartitionReader[],
    onFound: () => void,
  ) => Promise<void>,
) {
  const simulation = createSimulation({ seed: 1 });
  const { platform } = simulation.node('client');
  const partitions = new AssignedPartitions(() => undefined);
  const errors: unknown[] = [];
  const events: string[] = [];
  let attempts = 0;
  const rebalances = new Rebalances({
    partitions,
    source: { fail: (error: unknown) => errors.push(error) } as unknown as RecordSource,
    positions: {
      lookUp: async (readers: readonly PartitionReader[], onFound: () => void) => {
        await lookUp(++attempts, readers, onFound);
        return [];
      },
      requireKnown: () => undefined,
    } as unknown as Positions,
    commits: undefined,
    autoCommit: false,
    platform,
    logger: resolveOptions({ bootstrapServers: 'b:1', platform }).logger,
    fetch: () =>
      events.push(`fetch ${partitions.list.filter(({ position }) => position >= 0).length}`),
    wants: () => false,
  });
  rebalances.listener = { onAssigned: () => void events.push('assigned') };
  return { simulation, rebalances, partitions, errors, events, attempts: () => attempts };
}

const late = (): TimeoutError => new TimeoutError('REQUEST_TIMED_OUT', 'no leader');

describe('Rebalances', () => {
  it('given a partition whose leader is away, then the others are read on after a while, and it when it is back', async () => {
    const { simulation, rebalances, errors, events, partitions } = given(
      async (attempt, readers, onFound) => {
        if (attempt === 1) {
          readers[0]!.seek(5);
          onFound();
        }
        await simulation.node('client').platform.timers.sleep(60_000);
        if (attempt < 3) throw late();
        readers[1]!.seek(7);
      },
    );
    await simulation.settle(rebalances.adopt(ADDED), 6_000);
    expect(events).toEqual(['fetch 1', 'assigned', 'fetch 1']);
    await simulation.run(180_000);
    expect(partitions.list.map(({ position }) => position)).toEqual([5, 7]);
    expect(errors).toEqual([]);
  });

  it('given offsets that are found at once, then the listener is told when they are known', async () => {
    const { simulation, rebalances, events } = given((_, readers) => {
      for (const reader of readers) reader.seek(1);
      return Promise.resolve();
    });
    await simulation.settle(rebalances.adopt(ADDED), 100);
    expect(events).toEqual(['assigned', 'fetch 2']);
    expect(simulation.elapsedMs).toBeLessThan(100);
  });

  it('given partitions that went to others meanwhile, then they are not looked up on', async () => {
    const { simulation, rebalances, attempts } = given(async () => {
      await simulation.node('client').platform.timers.sleep(60_000);
      throw late();
    });
    await simulation.settle(rebalances.adopt(ADDED), 6_000);
    await simulation.settle(rebalances.giveUp(ADDED, false));
    await simulation.run(300_000);
    expect(attempts()).toBe(1);
  });

  it('given an error that will not pass, then the user hears of it once', async () => {
    const refusal = new UsageError('no');
    const { simulation, rebalances, errors } = given(() => Promise.reject(refusal));
    await simulation.settle(rebalances.adopt(ADDED), 100);
    expect(errors).toEqual([refusal]);
  });

  it('given a consumer that closes, then it does not wait', async () => {
    const { simulation, rebalances, events } = given(() => new Promise(() => undefined));
    const adopting = rebalances.adopt(ADDED);
    rebalances.close();
    await simulation.settle(adopting, 100);
    expect(events).toEqual([]);
  });
});
