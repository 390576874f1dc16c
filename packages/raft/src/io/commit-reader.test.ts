// What the listener of a node is told, and what happens when it cannot take it.
import { LogDirectory } from '@ottla/log';
import { memoryDisk, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { formatStandaloneQuorum, QuorumNode, type QuorumNodeListener } from '../index.ts';

const SELF = { id: 1, directoryId: 'AAAAAAAAAAAAAAAAAAAABw' };
const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';

/** Runs a quorum of one that tells `listener`, until its failure or `until` resolves. */
async function run(
  platform: Platform,
  listener: Partial<QuorumNodeListener>,
  work: (node: QuorumNode, failure: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  if (logs.meta === undefined) {
    await logs.format({ clusterId: CLUSTER, nodeId: 1, directoryId: SELF.directoryId });
    const voter = { ...SELF, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }] };
    await formatStandaloneQuorum(platform.disk, '/data', voter, platform.clock.nowMs());
  }
  const { promise: failure, resolve } = Promise.withResolvers<unknown>();
  const node = await QuorumNode.open({
    platform,
    logger: silentLogger,
    logs,
    clusterId: CLUSTER,
    self: SELF,
    onFailure: resolve,
  });
  const ignore = (): void => {};
  node.register({
    handleCommit: ignore,
    handleSnapshot: ignore,
    handleLeaderChange: ignore,
    ...listener,
  });
  node.start();
  await work(node, failure);
  await node.close();
  await logs.close();
}

describe('CommitReader', () => {
  it('given a listener that cannot take a snapshot, then the node fails and tells it no more', async () => {
    const platform = { ...nodePlatform(), disk: memoryDisk() };
    const led = Promise.withResolvers<void>();
    const handleLeaderChange = (): void => led.resolve();
    await run(platform, { handleLeaderChange }, async (node) => {
      await led.promise;
      const lastContainedOffset = node.core.highWatermark - 1;
      await node.writeSnapshot({
        lastContainedOffset,
        lastContainedEpoch: node.core.epoch,
        lastContainedLogTimeMs: 5,
        values: [Buffer.from('a')],
      });
    });
    let told = 0;
    const handleSnapshot = (): void => {
      told += 1;
      throw new Error('nonsense');
    };
    await run(platform, { handleSnapshot }, async (_, failure) => {
      expect(await failure).toMatchObject({ message: 'nonsense' });
      for (let turn = 0; turn < 100; turn++)
        await new Promise<void>((resolve) => void setImmediate(resolve));
    });
    expect(told).toBe(1);
  });

  it('given a long log, when the node starts, then its listener is told a piece in each turn', async () => {
    const platform = { ...nodePlatform(), disk: memoryDisk() };
    const led = Promise.withResolvers<void>();
    const handleLeaderChange = (): void => led.resolve();
    const values = Array.from({ length: 100 }, (_, id) => `${id}`.padEnd(10_000));
    await run(platform, { handleLeaderChange }, async (node) => {
      await led.promise;
      for (const value of values) node.append([Buffer.from(value)], node.core.epoch);
      while (node.core.highWatermark < node.logEndOffset)
        await new Promise<void>((resolve) => void setImmediate(resolve));
    });

    const pieces: string[][] = [];
    let turns = 0;
    const timers: Platform['timers'] = {
      ...platform.timers,
      yield: (callback) => {
        turns += 1;
        platform.timers.yield(callback);
      },
    };
    const told = Promise.withResolvers<void>();
    const listener: Partial<QuorumNodeListener> = {
      handleCommit: (batches) => {
        pieces.push(batches.flatMap((batch) => batch.values.map(String)));
        expect(turns).toBeGreaterThanOrEqual(pieces.length - 1);
        if (pieces.flat().length === values.length) told.resolve();
      },
    };
    await run({ ...platform, timers }, listener, () => told.promise);
    expect(pieces.flat()).toEqual(values);
    for (const piece of pieces) expect(piece.join('').length).toBeLessThanOrEqual(64 * 1024);
  });
});
