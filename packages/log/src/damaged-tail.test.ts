// Whatever a power loss leaves at the end of a log: it is cut to the last whole batch, and the broker starts.
import { type Disk, memoryDisk, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import { BATCH_OVERHEAD_BYTES, RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type LogError, type PartitionLog } from './index.ts';

const SEGMENT = '/data/orders-0/00000000000000000000.log';
const RECOVERY_POINTS = '/data/recovery-point-offset-checkpoint';
const CLEAN_MARKER = '/data/.kafka_cleanshutdown';
/** In a batch's header: the sum itself, and behind it what it covers. */
const SUM_FROM = 17;
const CONFIG = { ...LOG_CONFIG_DEFAULT, indexIntervalBytes: 100 };

function batch(value: string, timestamp = 1_000): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(timestamp, null, Buffer.from(value));
  return Buffer.from(builder.build());
}

async function withLog<T>(
  disk: Disk,
  use: (log: PartitionLog, directory: LogDirectory) => Promise<T>,
): Promise<T> {
  const platform: Platform = { ...nodePlatform(), disk };
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  try {
    return await use(
      await directory.openLog({ topic: 'orders', partition: 0, config: CONFIG }),
      directory,
    );
  } finally {
    await directory.close();
  }
}

/** A closed log of ten batches: its bytes and where each batch ends. */
async function tenBatches(disk: Disk = memoryDisk()): Promise<{ bytes: Buffer; ends: number[] }> {
  const ends: number[] = [];
  await withLog(disk, async (log, directory) => {
    const clusterId = 'AAAAAAAAAAAAAAAAAAAAZA';
    await directory.format({ clusterId, nodeId: 1, directoryId: 'AAAAAAAAAAAAAAAAAAAABw' });
    for (let i = 0; i < 10; i += 1) {
      await log.appendAsLeader(batch(`value ${i}`, 1_000 + i), { leaderEpoch: 0 });
      ends.push(log.sizeBytes);
    }
  });
  return { bytes: await disk.readFile(SEGMENT), ends };
}

// Found by the simulator (seed 3002 of nine brokers, flipped bits): one bit took all that had been written after it.
it('given a batch that is damaged below the recovery point, when a crash comes, then what is behind it stays, and only that batch cannot be read', async () => {
  const disk = memoryDisk();
  const { bytes, ends } = await tenBatches(disk);
  await disk.remove(CLEAN_MARKER);
  bytes[ends[3]! - 1]! ^= 1;
  await disk.replaceFile(SEGMENT, bytes);
  await withLog(disk, async (log, directory) => {
    const told: string[] = [];
    directory.onDamage = (name) => told.push(name);
    const read = (offset: number): Promise<unknown> =>
      Promise.resolve(log.read({ offset, maxBytes: 1, endOffset: Infinity, minOneBatch: true }));
    expect(log.logEndOffset).toBe(10);
    await expect(read(2)).resolves.toMatchObject({ sizeBytes: ends[2]! - ends[1]! });
    await expect(read(4)).resolves.toMatchObject({ sizeBytes: ends[4]! - ends[3]! });
    expect(told).toEqual([]);
    await expect(read(3)).rejects.toMatchObject({ code: 'CORRUPT_MESSAGE' });
    expect(told).toEqual(['orders-0']);
  });
});

// Found by the simulator (seed 20166 of three brokers, flipped bits): a producer id beyond 2^53 was no header at all.
it('given any bit of a header that the sum covers, flipped below the recovery point, when a crash comes, then only that batch cannot be read', async () => {
  const disk = memoryDisk();
  const { bytes, ends } = await tenBatches(disk);
  const recoveryPoints = await disk.readFile(RECOVERY_POINTS);
  const sizes = [ends[2]! - ends[1]!, ends[4]! - ends[3]!];
  for (let bit = SUM_FROM * 8; bit < BATCH_OVERHEAD_BYTES * 8; bit += 1) {
    const damaged = Buffer.from(bytes);
    damaged[ends[2]! + (bit >>> 3)]! ^= 1 << (bit & 7);
    await disk.remove(CLEAN_MARKER);
    await disk.replaceFile(SEGMENT, damaged);
    await disk.replaceFile(RECOVERY_POINTS, recoveryPoints);
    await withLog(disk, async (log, directory) => {
      const told: string[] = [];
      directory.onDamage = (name) => told.push(name);
      const read = async (offset: number): Promise<number | string> => {
        try {
          const wanted = { offset, maxBytes: 1, endOffset: log.logEndOffset, minOneBatch: true };
          return (await log.read(wanted)).sizeBytes;
        } catch (error) {
          return (error as LogError).code;
        }
      };
      const around = [log.logEndOffset, await read(2), await read(4)];
      expect(around, `bit ${bit}`).toEqual([10, ...sizes]);
      expect([await read(3), ...told], `bit ${bit}`).toEqual(['CORRUPT_MESSAGE', 'orders-0']);
    });
  }
});

async function openDamaged(
  bytes: Buffer,
): Promise<{ end: number; size: number; readable: number }> {
  const disk = memoryDisk();
  await disk.mkdir('/data/orders-0');
  await disk.replaceFile(SEGMENT, bytes);
  return withLog(disk, async (log) => {
    const end = log.logEndOffset;
    await log.appendAsLeader(batch('after'), { leaderEpoch: 1 });
    const region = await log.read({
      offset: 0,
      maxBytes: 1 << 20,
      endOffset: Infinity,
      minOneBatch: true,
    });
    const readable = region.sizeBytes;
    region.release();
    return { end, size: log.sizeBytes, readable };
  });
}

describe('a log whose tail was damaged', () => {
  it('given a tail cut at every byte of the last three batches, when opened, then whole batches stay and the rest goes', async () => {
    const { bytes, ends } = await tenBatches();
    for (let cut = ends[6]!; cut <= bytes.length; cut += 1) {
      const kept = ends.filter((end) => end <= cut).length;
      expect(await openDamaged(bytes.subarray(0, cut)), `cut at ${cut}`).toMatchObject({
        end: kept,
      });
    }
  });

  it('given zeros or garbage from any byte of the last three batches on, when opened, then the log ends before it', async () => {
    const { bytes, ends } = await tenBatches();
    for (let from = ends[6]!; from < bytes.length; from += 1) {
      for (const fill of [0x00, 0xff, 0x5a]) {
        const damaged = Buffer.concat([bytes, Buffer.alloc(50)]);
        damaged.fill(fill, from);
        const kept = ends.filter((end) => end <= from).length;
        const { end, readable, size } = await openDamaged(damaged);
        // A fill that happens to equal the batch's last bytes damages nothing.
        const same = bytes.subarray(from, ends[kept]).every((byte) => byte === fill);
        expect(end, `fill ${fill} from ${from}`).toBe(same ? kept + 1 : kept);
        expect(readable).toBe(size);
      }
    }
  });

  it('given a flipped bit in each byte of the third last batch, when opened unclean, then the log ends before that batch', async () => {
    const { bytes, ends } = await tenBatches();
    for (let at = ends[6]!; at < ends[7]!; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      // Base offset and leader epoch lie outside the sum; offsets that do not fit between their neighbours still show.
      const isEpoch = at - ends[6]! >= 12 && at - ends[6]! < 16;
      if (isEpoch) continue;
      const { end } = await openDamaged(damaged);
      expect(end, `flip at ${at}`).toBe(7);
    }
  });

  it('given any flipped bit in the base offset of the last batch, when opened unclean, then the log opens, and ends before it if it is too far', async () => {
    const { bytes, ends } = await tenBatches();
    for (let bit = 0; bit < 64; bit += 1) {
      const damaged = Buffer.from(bytes);
      damaged[ends[8]! + 7 - (bit >> 3)]! ^= 1 << (bit & 7);
      const { end } = await openDamaged(damaged);
      if (bit >= 31) expect(end, `bit ${bit}`).toBe(9);
    }
  });

  it('given index files that are damaged, when opened clean, then reads find the same records', async () => {
    const disk = memoryDisk();
    await withLog(disk, async (log, directory) => {
      await directory.format({ clusterId: 'c', nodeId: 1, directoryId: 'd' });
      for (let i = 0; i < 50; i += 1)
        await log.appendAsLeader(batch(`value ${i}`), { leaderEpoch: 0 });
    });
    for (const kind of ['index', 'timeindex'])
      await disk.replaceFile(SEGMENT.replace('.log', `.${kind}`), Buffer.from('not an index'));
    await withLog(disk, async (log) => {
      expect(log.logEndOffset).toBe(50);
      const region = await log.read({
        offset: 42,
        maxBytes: 1 << 20,
        endOffset: Infinity,
        minOneBatch: true,
      });
      expect(region.sizeBytes).toBeGreaterThan(0);
      region.release();
    });
  });
});
