// A start after a clean stop: what it reads does not grow with what the logs hold.
import { type Disk, memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';
import { LoadedIndexes } from './log-context.ts';

const FOLDER = '/data/orders-0';
const START_MS = 1_700_000_000_000;
const BATCHES = 120;
const CONFIG = { ...LOG_CONFIG_DEFAULT, segmentBytes: 1_500, indexIntervalBytes: 100 };

function batch(timestamp: number): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(timestamp, null, Buffer.from('.'.repeat(60)));
  return Buffer.from(builder.build());
}

let disk: Disk;
let indexReads: string[];

async function withLog<T>(
  use: (log: PartitionLog, directory: LogDirectory) => Promise<T>,
): Promise<T> {
  const platform = { ...nodePlatform(), disk };
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  if (directory.meta === undefined)
    await directory.format({ clusterId: 'c', nodeId: 1, directoryId: 'd' });
  const wanted = { topic: 'orders', partition: 0, config: CONFIG };
  const log = await directory.openLog(wanted);
  try {
    return await use(log, directory);
  } finally {
    await directory.close();
  }
}

/** What retention and ListOffsets go by. */
function times(log: PartitionLog): Promise<unknown> {
  return Promise.all([
    log.offsetOfMaxTimestamp(),
    log.offsetForTimestamp(START_MS + 1_000),
    log.offsetForTimestamp(START_MS + BATCHES * 10),
  ]);
}

async function closedTimeIndexes(): Promise<string[]> {
  const names = (await disk.readdir(FOLDER)).filter((name) => name.endsWith('.timeindex'));
  return names.toSorted().slice(0, -1);
}

beforeEach(async () => {
  disk = memoryDisk();
  await withLog(async (log) => {
    for (let n = 0; n < BATCHES; n += 1)
      // Now and then a record is older than the one before it.
      await log.appendAsLeader(batch(START_MS + n * 10 - (n % 7) * 25), { leaderEpoch: 0 });
  });
  indexReads = [];
  const readFile = disk.readFile.bind(disk);
  vi.spyOn(disk, 'readFile').mockImplementation((path) => {
    if (path.endsWith('index')) indexReads.push(path);
    return readFile(path);
  });
});

describe('a log with many segments', () => {
  it('given a clean stop, when it is opened, then only the indexes of the newest segment are read, and times are known all the same', async () => {
    const count = (await closedTimeIndexes()).length;
    expect(count).toBeGreaterThan(5);
    await withLog(async (log) => {
      expect(indexReads).toHaveLength(2);
      const found = await times(log);
      expect(found).toEqual(
        [
          { timestamp: START_MS + 1_190, offset: 119 },
          { timestamp: START_MS + 1_050, offset: 105 },
          undefined,
        ].map((each) => (each === undefined ? undefined : expect.objectContaining(each))),
      );
    });
  });

  it('given room for the indexes of few, when one is read again and again beside others, then its own stay', async () => {
    await withLog(async (log, directory) => {
      Object.assign(directory.context, { loadedIndexes: new LoadedIndexes(2) });
      const bases = (await closedTimeIndexes()).map((name) => parseInt(name, 10));
      const read = async (segment: number): Promise<void> => {
        const offset = bases[segment]!;
        const region = await log.read({
          offset,
          maxBytes: 1,
          endOffset: Infinity,
          minOneBatch: true,
        });
        region.release();
      };
      indexReads = [];
      for (const segment of [0, 1, 0, 2, 0, 3, 0]) await read(segment);
      const own = `${FOLDER}/${String(bases[0]).padStart(20, '0')}.index`;
      expect(indexReads.filter((path) => path === own)).toHaveLength(1);
      await read(1);
      expect(indexReads.filter((path) => path.endsWith('.index'))).toHaveLength(5);
    });
  });

  it.each([
    ['is empty', () => Buffer.alloc(0)],
    ['has no whole last entry', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['was not trimmed', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(48)])],
    ['ends in an older time', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 12)])],
    [
      'ends behind the segment',
      (bytes: Buffer) => {
        const damaged = Buffer.from(bytes);
        damaged.writeInt32BE(1_000_000, bytes.length - 4);
        return damaged;
      },
    ],
  ] as const)(
    'given a time index that %s, when it is opened, then it is read as a whole',
    async (_, change) => {
      const [first] = await closedTimeIndexes();
      const path = `${FOLDER}/${first!}`;
      const bytes = await disk.readFile(path);
      await disk.replaceFile(path, change(bytes));
      indexReads = [];
      await withLog(async () => {
        expect(indexReads).toContain(path);
      });
    },
  );
});
