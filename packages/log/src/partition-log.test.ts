import { createSimulation } from '@ottla/platform/simulated';
import { memoryDisk, nodePlatform, silentLogger, type Platform } from '@ottla/platform';
import { decodeRecords, RecordBatchBuilder } from '@ottla/protocol/records';
import { afterEach, describe, expect, it } from 'vitest';
import {
  LOG_CONFIG_DEFAULT,
  type LogConfig,
  LogDirectory,
  type LogRegion,
  type PartitionLog,
} from './index.ts';

const directories: LogDirectory[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await directory.close();
});

async function directoryOn(
  platform: Platform,
  options: { tailCacheBytes?: number } = {},
): Promise<LogDirectory> {
  const directory = await LogDirectory.open({
    platform,
    logger: silentLogger,
    path: '/data',
    ...options,
  });
  directories.push(directory);
  return directory;
}

function inMemory(): Platform {
  return { ...nodePlatform(), disk: memoryDisk() };
}

function openLog(directory: LogDirectory, config: Partial<LogConfig> = {}): Promise<PartitionLog> {
  return directory.openLog({
    topic: 'orders',
    partition: 0,
    config: { ...LOG_CONFIG_DEFAULT, ...config },
  });
}

function batch(
  values: readonly string[],
  producer?: { id: number; epoch: number; sequence: number },
): Buffer {
  const builder = new RecordBatchBuilder(
    producer === undefined
      ? {}
      : { producerId: producer.id, producerEpoch: producer.epoch, baseSequence: producer.sequence },
  );
  values.forEach((value, slot) =>
    builder.append(1_000 + slot, Buffer.from(`k${slot}`), Buffer.from(value)),
  );
  return Buffer.from(builder.build());
}

async function bytesOf(region: LogRegion): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < region.sizeBytes) {
    const chunk = await region.next(100);
    chunks.push(Buffer.from(chunk.bytes));
    size += chunk.bytes.length;
    chunk.release();
  }
  region.release();
  return Buffer.concat(chunks);
}

async function values(log: PartitionLog, offset: number, maxBytes = 1 << 20): Promise<string[]> {
  const region = await log.read({ offset, maxBytes, endOffset: Infinity, minOneBatch: true });
  return [...decodeRecords(await bytesOf(region))]
    .filter((r) => r.offset >= offset)
    .map((r) => `${r.offset}:${r.value?.toString()}`);
}

describe('PartitionLog', () => {
  for (const tailCacheBytes of [64 << 20, 0]) {
    const where = tailCacheBytes === 0 ? 'the files' : 'the tail cache';

    it(`given appends that meet, when read back from ${where}, then offsets follow the order of the calls`, async () => {
      const log = await openLog(await directoryOn(inMemory(), { tailCacheBytes }));
      const results = await Promise.all(
        [['a', 'b'], ['c'], ['d', 'e', 'f']].map((v) =>
          log.appendAsLeader(batch(v), { leaderEpoch: 3 }),
        ),
      );
      expect(results.map((r) => [r.baseOffset, r.lastOffset])).toEqual([
        [0, 1],
        [2, 2],
        [3, 5],
      ]);
      expect(log.logEndOffset).toBe(6);
      expect(await values(log, 0)).toEqual(['0:a', '1:b', '2:c', '3:d', '4:e', '5:f']);
      expect(await values(log, 4)).toEqual(['4:e', '5:f']);
      expect(await values(log, 6)).toEqual([]);
      expect(log.endOffsetForEpoch(3)).toEqual({ epoch: 3, endOffset: 6 });
    });

    it(`given small segments, when many batches are read from ${where}, then every record comes back once`, async () => {
      const log = await openLog(await directoryOn(inMemory(), { tailCacheBytes }), {
        segmentBytes: 500,
        indexIntervalBytes: 100,
      });
      for (let i = 0; i < 60; i += 1)
        await log.appendAsLeader(batch([`v${i}`]), { leaderEpoch: 0 });
      expect(log.segmentCount).toBeGreaterThan(5);
      const seen: string[] = [];
      for (let offset = 0; offset < 60; offset = seen.length)
        seen.push(...(await values(log, offset, 150)));
      expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => `${i}:v${i}`));
      expect(await log.offsetForTimestamp(1_000)).toEqual({ timestamp: 1_000, offset: 0 });
      expect(await log.offsetForTimestamp(2_000)).toBeUndefined();
    });
  }

  it('given an idempotent producer, when a batch is sent again, then it is answered with its first offset', async () => {
    const log = await openLog(await directoryOn(inMemory()));
    const producer = { id: 7, epoch: 0, sequence: 0 };
    await log.appendAsLeader(batch(['a', 'b'], producer), { leaderEpoch: 0 });
    const again = await log.appendAsLeader(batch(['a', 'b'], producer), { leaderEpoch: 0 });
    expect(again).toMatchObject({ baseOffset: 0, lastOffset: 1, isDuplicate: true });
    await expect(
      log.appendAsLeader(batch(['z'], { ...producer, sequence: 9 }), { leaderEpoch: 0 }),
    ).rejects.toMatchObject({
      code: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    });
    expect(log.logEndOffset).toBe(2);
  });

  it('given a damaged batch, when appended, then nothing of it is taken', async () => {
    const log = await openLog(await directoryOn(inMemory()));
    const bytes = batch(['a']);
    bytes[bytes.length - 2]! ^= 1;
    await expect(log.appendAsLeader(bytes, { leaderEpoch: 0 })).rejects.toMatchObject({
      code: 'CORRUPT_MESSAGE',
    });
    expect(log.logEndOffset).toBe(0);
  });

  it('given a closed directory, when opened again, then logs, producers and epochs are as they were', async () => {
    const platform = inMemory();
    const first = await directoryOn(platform);
    await first.format({ clusterId: 'c', nodeId: 1, directoryId: 'd' });
    const log = await openLog(first, { segmentBytes: 300 });
    for (let i = 0; i < 10; i += 1)
      await log.appendAsLeader(batch([`v${i}`], { id: 7, epoch: 0, sequence: i }), {
        leaderEpoch: i < 5 ? 1 : 2,
      });
    log.advanceHighWatermark(10);
    await first.close();
    const second = await directoryOn(platform);
    expect(second.wasClean).toBe(true);
    expect(second.meta).toEqual({ clusterId: 'c', nodeId: 1, directoryId: 'd' });
    const again = await openLog(second, { segmentBytes: 300 });
    expect([again.logEndOffset, again.highWatermark]).toEqual([10, 10]);
    expect(again.epochs.entries).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 2, startOffset: 5 },
    ]);
    expect(await values(again, 9)).toEqual(['9:v9']);
    const duplicate = await again.appendAsLeader(batch(['v9'], { id: 7, epoch: 0, sequence: 9 }), {
      leaderEpoch: 2,
    });
    expect(duplicate).toMatchObject({ isDuplicate: true, baseOffset: 9 });
  });

  it('given retention by size, when segments are old enough, then the log start moves and reads before it fail', async () => {
    const log = await openLog(await directoryOn(inMemory()), {
      segmentBytes: 300,
      retentionBytes: 600,
      fileDeleteDelayMs: 0,
    });
    for (let i = 0; i < 30; i += 1) await log.appendAsLeader(batch([`v${i}`]), { leaderEpoch: 0 });
    expect(await log.deleteOldSegments()).toBe(0);
    log.advanceHighWatermark(30);
    expect(await log.deleteOldSegments()).toBeGreaterThan(0);
    expect(log.logStartOffset).toBeGreaterThan(0);
    expect(() => log.read({ offset: 0, maxBytes: 1, endOffset: 30, minOneBatch: true })).toThrow(
      /outside/,
    );
  });

  it('given a follower that diverged, when cut, then epochs and producers go back with it', async () => {
    const log = await openLog(await directoryOn(inMemory()), { segmentBytes: 300 });
    for (let i = 0; i < 20; i += 1)
      await log.appendAsLeader(batch([`v${i}`], { id: 7, epoch: 0, sequence: i }), {
        leaderEpoch: i < 10 ? 1 : 2,
      });
    await log.truncateTo(7);
    expect(log.logEndOffset).toBe(7);
    expect(log.epochs.entries).toEqual([{ epoch: 1, startOffset: 0 }]);
    expect(log.producers.get(7)?.batches.at(-1)?.lastSequence).toBe(6);
    await log.appendAsLeader(batch(['new'], { id: 7, epoch: 0, sequence: 7 }), { leaderEpoch: 3 });
    expect(await values(log, 6)).toEqual(['6:v6', '7:new']);
  });
});

describe('reads with little room', () => {
  it('given appends of two batches, when a read has room for one and a half, then no batch between is skipped', async () => {
    const log = await openLog(await directoryOn(inMemory()));
    const two = Buffer.concat([batch(['a']), batch(['b'])]);
    await log.appendAsLeader(two, { leaderEpoch: 0, origin: 'coordinator' });
    await log.appendAsLeader(batch(['c']), { leaderEpoch: 0 });
    const region = await log.read({
      offset: 0,
      maxBytes: two.length - 1,
      endOffset: Infinity,
      minOneBatch: false,
    });
    expect([...decodeRecords(await bytesOf(region))].map((record) => record.offset)).toEqual([0]);
  });

  it('given a first batch larger than the room, when read from the files without the duty to return one, then nothing comes', async () => {
    const log = await openLog(await directoryOn(inMemory(), { tailCacheBytes: 0 }));
    await log.appendAsLeader(batch(['a']), { leaderEpoch: 0 });
    const region = await log.read({
      offset: 0,
      maxBytes: 10,
      endOffset: Infinity,
      minOneBatch: false,
    });
    expect(region.sizeBytes).toBe(0);
  });
});

describe('durability on a disk that loses what was not synced', () => {
  it('given flush.messages=1, when the machine stops anywhere, then nothing acknowledged is missing and the log is a valid prefix', async () => {
    const only = process.env['OTTLA_SEED'];
    const seeds =
      only === undefined ? Array.from({ length: 150 }, (_, seed) => seed) : [Number(only)];
    for (const seed of seeds) {
      const flushMessages = seed % 3 === 0 ? (seed % 2 === 0 ? Infinity : 3) : 1;
      try {
        await crashAt(seed, flushMessages);
      } catch (error) {
        throw new Error(
          `seed ${seed}: OTTLA_SEED=${seed} npm test -- packages/log/src/partition-log.test.ts`,
          { cause: error },
        );
      }
    }
  });
});

async function crashAt(seed: number, flushMessages: number): Promise<void> {
  const simulation = createSimulation({ seed });
  const node = simulation.node('broker');
  const config: LogConfig = { ...LOG_CONFIG_DEFAULT, flushMessages, segmentBytes: 700 };
  const open = async (platform: Platform): Promise<PartitionLog> => {
    const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
    await platform.disk.syncDirectory('/');
    await directory.start();
    const log = await directory.openLog({ topic: 'orders', partition: 0, config });
    await platform.disk.syncDirectory('/data');
    return log;
  };
  let platform = node.platform;
  const acknowledged: string[] = [];
  const sent: string[] = [];
  for (let life = 0; life < 2; life += 1) {
    const log = await simulation.settle(open(platform));
    const kept = await simulation.settle(all(log));
    if (flushMessages === 1) expect(kept.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(sent.slice(0, kept.length)).toEqual(kept);
    sent.length = kept.length;
    // Recovery makes durable what it keeps, acknowledged or not.
    acknowledged.splice(0, acknowledged.length, ...kept);
    for (let i = 0; i < 40; i += 1) {
      const value = `${life}-${i}`;
      sent.push(value);
      log.appendAsLeader(batch([value]), { leaderEpoch: life }).then(
        () => acknowledged.push(value),
        () => undefined,
      );
      // Appends that come alone are written in place, unless they are due to be synced.
      if (simulation.random.below(3) === 0) await simulation.run(simulation.random.below(3));
    }
    await simulation.run(simulation.random.below(40));
    node.crash();
    platform = node.restart();
  }
  const log = await simulation.settle(open(platform));
  const kept = await simulation.settle(all(log));
  expect(sent.slice(0, kept.length)).toEqual(kept);
  if (flushMessages === 1) expect(kept.slice(0, acknowledged.length)).toEqual(acknowledged);
}

async function all(log: PartitionLog): Promise<string[]> {
  const seen: string[] = [];
  for (let offset = 0; offset < log.logEndOffset; offset = seen.length)
    seen.push(...(await values(log, offset)).map((line) => line.slice(line.indexOf(':') + 1)));
  return seen;
}
