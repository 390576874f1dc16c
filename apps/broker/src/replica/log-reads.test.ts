// What the broker relies on when it reads a log: the right bytes within the limits, from wherever they come.
import fc from 'fast-check';
import { memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { BufferPool, LOG_CONFIG_DEFAULT, LogDirectory, type LogRegion, SlabPool } from '@ottla/log';

function batch(sizes: readonly number[]): Buffer {
  const builder = new RecordBatchBuilder({});
  for (const size of sizes) builder.append(1000, null, Buffer.alloc(size, 'x'));
  return Buffer.from(builder.build());
}

async function bytesOf(region: LogRegion, chunkBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let filled = 0;
  while (filled < region.sizeBytes) {
    const chunk = await region.next(chunkBytes);
    chunks.push(Buffer.from(chunk.bytes));
    filled += chunk.bytes.length;
    chunk.release();
  }
  region.release();
  return Buffer.concat(chunks);
}

interface ModelBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

/** What Kafka would give: whole batches below the end from the one that holds the offset, cut at the limit. */
function modelRead(
  batches: readonly ModelBatch[],
  offset: number,
  endOffset: number,
): readonly ModelBatch[] {
  return batches.filter((each) => each.lastOffset >= offset && each.lastOffset < endOffset);
}

describe('reads of a log under the broker', () => {
  // One batch for each append, which is what Produce and the coordinators write.
  const append = fc.tuple(fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }));
  const read = fc.record({
    offset: fc.nat(120),
    endOffset: fc.nat(120),
    maxBytes: fc.nat(2000),
    minOneBatch: fc.boolean(),
    chunkBytes: fc.integer({ min: 1, max: 500 }),
  });

  it('given any appends, segments, cache and limits, gives the bytes from the asked offset on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(append, { minLength: 1, maxLength: 20 }),
        fc.array(read, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(1, 2000, 64 * 1024),
        fc.constantFrom(400, 1500, 1024 * 1024),
        async (appends, reads, tailCacheBytes, segmentBytes) => {
          const slabs = new SlabPool({ slabBytes: 1000, poison: true });
          const readBuffers = new BufferPool({ poison: true });
          const directory = await LogDirectory.open({
            platform: { ...nodePlatform(), disk: memoryDisk() },
            logger: silentLogger,
            path: '/data',
            slabs,
            readBuffers,
            tailCacheBytes,
          });
          const log = await directory.openLog({
            topic: 'orders',
            partition: 0,
            config: { ...LOG_CONFIG_DEFAULT, segmentBytes, indexIntervalBytes: 200 },
          });
          const model: ModelBatch[] = [];
          for (const batches of appends) {
            const bytes = Buffer.concat(batches.map(batch));
            if (bytes.length > segmentBytes) continue;
            const lease = slabs.lease(bytes.length);
            bytes.copy(lease.bytes);
            const appended = log.appendAsLeader(lease.bytes, {
              leaderEpoch: 0,
              origin: 'coordinator',
              lease,
            });
            lease.release();
            const { baseOffset } = await appended;
            let offset = baseOffset;
            for (const sizes of batches) {
              const bytes = batch(sizes);
              bytes.writeBigInt64BE(BigInt(offset), 0);
              bytes.writeInt32BE(0, 12);
              const lastOffset = offset + sizes.length - 1;
              model.push({ baseOffset: offset, lastOffset, bytes });
              offset = lastOffset + 1;
            }
          }
          for (const { offset, endOffset, maxBytes, minOneBatch, chunkBytes } of reads) {
            if (offset > log.logEndOffset) continue;
            const region = await log.read({ offset, endOffset, maxBytes, minOneBatch });
            const bytes = await bytesOf(region, chunkBytes);
            const wanted = modelRead(model, offset, Math.min(endOffset, log.logEndOffset));
            const whole = Buffer.concat(wanted.map((each) => each.bytes));
            expect(bytes.equals(whole.subarray(0, bytes.length))).toBe(true);
            const first = wanted[0]?.bytes.length ?? 0;
            if (first > 0 && minOneBatch) expect(bytes.length).toBeGreaterThanOrEqual(first);
            expect(bytes.length).toBeLessThanOrEqual(Math.max(maxBytes, minOneBatch ? first : 0));
            const cached = log.readCached({ offset, endOffset, maxBytes, minOneBatch });
            if (cached !== undefined) expect(await bytesOf(cached, chunkBytes)).toEqual(bytes);
          }
          await directory.close();
          expect(slabs.usedBytes).toBeLessThanOrEqual(1000);
          expect(readBuffers.lentBytes).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('knows at once that there are no aborted transactions, after it has looked', async () => {
    const directory = await LogDirectory.open({
      platform: { ...nodePlatform(), disk: memoryDisk() },
      logger: silentLogger,
      path: '/data',
    });
    const log = await directory.openLog({
      topic: 'orders',
      partition: 0,
      config: LOG_CONFIG_DEFAULT,
    });
    await log.appendAsLeader(batch([1]), { leaderEpoch: 0 });
    expect(await log.abortedTransactions(0, 1)).toEqual([]);
    expect(log.abortedTransactions(0, 1)).toEqual([]);
    await directory.close();
  });
});
