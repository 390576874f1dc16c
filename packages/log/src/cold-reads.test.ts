// Cold reads lend their memory: it comes back whatever becomes of the region, and is not used again before.
import { memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';
import { LOG_CONFIG_DEFAULT } from './log-config.ts';
import { LogDirectory } from './log-directory.ts';
import type { LogRegion, RegionChunk } from './log-region.ts';
import type { PartitionLog } from './partition-log.ts';

const CHUNK_BYTES = 128 * 1024;

function batch(sizeBytes: number): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(1000, null, Buffer.alloc(sizeBytes, 'x'));
  return Buffer.from(builder.build());
}

/** A log that only its files can answer for, and its bytes. */
async function coldLog(batchBytes: readonly number[]): Promise<{
  directory: LogDirectory;
  log: PartitionLog;
  buffers: BufferPool;
  disk: ReturnType<typeof memoryDisk>;
  content: Buffer;
}> {
  const disk = memoryDisk();
  const buffers = new BufferPool({ poison: true });
  const directory = await LogDirectory.open({
    platform: { ...nodePlatform(), disk },
    logger: silentLogger,
    path: '/data',
    tailCacheBytes: 0,
    readBuffers: buffers,
  });
  const log = await directory.openLog({
    topic: 'orders',
    partition: 0,
    config: { ...LOG_CONFIG_DEFAULT, maxMessageBytes: 8 * 1024 * 1024 },
  });
  for (const size of batchBytes) await log.appendAsLeader(batch(size), { leaderEpoch: 0 });
  const content = await disk.readFile(`${log.directory}/00000000000000000000.log`);
  return { directory, log, buffers, disk, content };
}

function readAll(log: PartitionLog, maxBytes = 64 * 1024 * 1024): Promise<LogRegion> {
  return Promise.resolve(log.read({ offset: 0, endOffset: Infinity, maxBytes, minOneBatch: true }));
}

/** Takes chunks up to a size, keeping all of them. */
async function take(region: LogRegion, sizeBytes: number): Promise<RegionChunk[]> {
  const chunks: RegionChunk[] = [];
  for (let taken = 0; taken < sizeBytes;) {
    const chunk = await region.next(Math.min(CHUNK_BYTES, sizeBytes - taken));
    chunks.push(chunk);
    taken += chunk.bytes.length;
  }
  return chunks;
}

function bytesOf(chunks: readonly RegionChunk[]): Buffer {
  return Buffer.concat(chunks.map(({ bytes }) => bytes));
}

/** Lets reads that nobody waits for come to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a cold read', () => {
  it.each([
    ['small batches', Array.from({ length: 300 }, (_, n) => 4000 + n)],
    ['batches larger than the read-ahead', [700_000, 300_000, 10, 5_000_000, 400_000, 400_000]],
  ])(
    'given %s, when read to the end, then every byte comes and all memory is back',
    async (_, sizes) => {
      const { directory, log, buffers, content } = await coldLog(sizes);
      for (let round = 0; round < 3; round += 1) {
        const region = await readAll(log);
        const chunks = await take(region, region.sizeBytes);
        region.release();
        // The region is gone; what is under way in a socket must not change.
        expect(bytesOf(chunks).equals(content)).toBe(true);
        for (const chunk of chunks) chunk.release();
        expect(buffers.lentBytes).toBe(0);
      }
      await directory.close();
    },
  );

  it('given a reader that keeps no more than a chunk, then a few windows serve the whole log', async () => {
    const { directory, log, buffers, content } = await coldLog(
      Array.from({ length: 200 }, () => 20_000),
    );
    const region = await readAll(log);
    let lentMax = 0;
    for (let position = 0; position < region.sizeBytes;) {
      const chunk = await region.next(CHUNK_BYTES);
      lentMax = Math.max(lentMax, buffers.lentBytes);
      expect(content.subarray(position, position + chunk.bytes.length).equals(chunk.bytes)).toBe(
        true,
      );
      position += chunk.bytes.length;
      chunk.release();
    }
    region.release();
    expect(lentMax).toBeLessThanOrEqual(2 * 256 * 1024);
    expect(buffers.lentBytes + buffers.idleBytes).toBeLessThanOrEqual(3 * 256 * 1024);
    await directory.close();
  });

  it('given a region released at any point, also while it reads, then all memory comes back once', async () => {
    const { directory, log, buffers, content } = await coldLog(
      Array.from({ length: 100 }, () => 10_000),
    );
    for (let position = 0; position < content.length; position += 50_000) {
      const region = await readAll(log);
      const chunks = await take(region, position);
      const isAtEnd = position >= region.sizeBytes;
      const underWay = isAtEnd ? undefined : region.next(CHUNK_BYTES);
      region.release();
      const last = await underWay;
      const end = position + (last?.bytes.length ?? 0);
      expect(
        bytesOf(last === undefined ? chunks : [...chunks, last]).equals(content.subarray(0, end)),
      ).toBe(true);
      last?.release();
      for (const chunk of chunks) chunk.release();
      await settle();
      expect(buffers.lentBytes).toBe(0);
    }
    await directory.close();
  });

  it('given a byte that changed on the disk, then the read fails and keeps no memory', async () => {
    const { directory, log, buffers, disk } = await coldLog(
      Array.from({ length: 100 }, () => 10_000),
    );
    const file = await disk.open(`${log.directory}/00000000000000000000.log`, 'write');
    await file.write([Buffer.from('y')], 555_555);
    await file.close();
    const region = await readAll(log);
    const taken: RegionChunk[] = [];
    await expect(async () => {
      for (;;) taken.push(await region.next(CHUNK_BYTES));
    }).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' });
    region.release();
    for (const chunk of taken) chunk.release();
    await settle();
    expect(buffers.lentBytes).toBe(0);
    await directory.close();
  });
});
