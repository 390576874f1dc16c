// No batch, whatever it decompresses to, is looked through on the event loop for longer than a bound; and the order of
// appends, their errors and leadership are as if it had been. Work is counted, not timed.
import { memoryDisk, nodePlatform, silentLogger, ThreadError, type Threads } from '@ottla/platform';
import {
  Compression,
  decodeBatches,
  RecordBatchBuilder,
  walkRecordsTask,
  type WalkTask,
} from '@ottla/protocol/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BufferPool, LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';
import { IN_PLACE_BYTES_MAX, IN_PLACE_COMPRESSED_BYTES_MAX } from './walk-batch.ts';

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Threads that do their work when the test says so. */
class HeldThreads implements Threads {
  readonly tasks: WalkTask[] = [];
  readonly #held: (() => void)[] = [];
  failure: ThreadError | undefined;

  run(module: URL, exportName: string, input: unknown): Promise<unknown> {
    expect(exportName).toBe('walkRecordsTask');
    expect(module.protocol).toBe('file:');
    const task = structuredClone(input) as WalkTask;
    this.tasks.push(task);
    return new Promise((resolve, reject) => {
      this.#held.push(() =>
        this.failure === undefined ? resolve(walkRecordsTask(task)) : reject(this.failure),
      );
    });
  }
  /** Finishes the task that was given `index`-th. */
  finish(index: number): void {
    this.#held[index]!();
  }
  start(): never {
    throw new Error('not a program');
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

let threads: HeldThreads;
let directory: LogDirectory;
let log: PartitionLog;

beforeEach(async () => {
  threads = new HeldThreads();
  directory = await LogDirectory.open({
    platform: { ...nodePlatform(), disk: memoryDisk(), threads },
    logger: silentLogger,
    path: '/data',
  });
  log = await openLog(0);
});

afterEach(() => directory.close());

function openLog(partition: number): Promise<PartitionLog> {
  const config = { ...LOG_CONFIG_DEFAULT, maxMessageBytes: 1 << 26 };
  return directory.openLog({ topic: 'orders', partition, config });
}

/** A batch whose records come to about so many bytes; zeros compress to nearly nothing. */
function batch(bytes: number, codec: (typeof CODECS)[number] | 'none' = 'gzip', fill = 0): Buffer {
  const builder = new RecordBatchBuilder({ compression: Compression[codec] });
  for (let left = bytes; left > 0; left -= 50_000)
    builder.append(1, null, Buffer.alloc(Math.min(left, 50_000), fill));
  return Buffer.from(builder.build());
}

const append = (bytes: Buffer, leads: () => boolean = () => true) =>
  log.appendAsLeader(bytes, { leaderEpoch: 0, leader: { leads } });

describe('a compressed batch', () => {
  it.each(CODECS)(
    'given %s that grows beyond the bound, then it is looked through elsewhere',
    async (codec) => {
      const bomb = batch(8 * IN_PLACE_BYTES_MAX, codec);
      const appended = append(bomb);
      expect(threads.tasks.map(({ bytes }) => bytes.length)).toEqual([bomb.length]);
      threads.finish(0);
      expect(await appended).toMatchObject({ baseOffset: 0 });
    },
  );

  it.each(CODECS)('given %s of common size, then no thread is troubled', async (codec) => {
    await append(batch(IN_PLACE_BYTES_MAX / 2, codec));
    expect(threads.tasks).toHaveLength(0);
  });

  it('given one that is large as it is, then it is not even tried', async () => {
    const builder = new RecordBatchBuilder({ compression: Compression.gzip });
    const { random } = nodePlatform();
    builder.append(1, null, random.bytes(IN_PLACE_COMPRESSED_BYTES_MAX));
    const appended = append(Buffer.from(builder.build()));
    expect(threads.tasks).toHaveLength(1);
    threads.finish(0);
    await appended;
  });

  it('given more than the topic allows, then it is refused with MESSAGE_TOO_LARGE, as a small one', async () => {
    log.configure({ ...log.config, decompressedBytesMax: 2 * IN_PLACE_BYTES_MAX });
    const refused = expect(append(batch(3 * IN_PLACE_BYTES_MAX))).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
    });
    threads.finish(0);
    await refused;
    expect(log.logEndOffset).toBe(0);
  });

  it('given a wrong record in it, then the error is the same, and names the record', async () => {
    log.configure({ ...log.config, cleanupPolicy: ['compact'] });
    const refused = expect(append(batch(3 * IN_PLACE_BYTES_MAX))).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      cause: { recordIndex: 0 },
    });
    threads.finish(0);
    await refused;
  });

  it('given a thread that dies, then it is appended all the same', async () => {
    threads.failure = new ThreadError('EWORKER', 'the worker thread died');
    const appended = append(batch(2 * IN_PLACE_BYTES_MAX));
    threads.finish(0);
    expect(await appended).toMatchObject({ baseOffset: 0 });
  });
});

describe('appends behind a batch that is checked elsewhere', () => {
  it('given large and small ones, when the threads finish in any order, then offsets follow the order of the calls', async () => {
    const appends = [
      append(batch(2 * IN_PLACE_BYTES_MAX)),
      append(batch(10, 'none')),
      append(batch(3 * IN_PLACE_BYTES_MAX)),
      append(batch(20, 'none')),
    ];
    const other = await openLog(1);
    // Another partition waits for nobody.
    await other.appendAsLeader(batch(10, 'none'), { leaderEpoch: 0 });
    threads.finish(1);
    await Promise.resolve();
    expect(log.logEndOffset).toBe(0);
    threads.finish(0);
    const results = await Promise.all(appends);
    for (const [at, result] of results.entries())
      expect(result.baseOffset).toBe(at === 0 ? 0 : results[at - 1]!.lastOffset + 1);
    expect(await append(batch(10, 'none'))).toMatchObject({ baseOffset: log.logEndOffset - 1 });
  });

  it('given a large one that is refused, then those behind it are appended', async () => {
    log.configure({ ...log.config, decompressedBytesMax: 2 * IN_PLACE_BYTES_MAX });
    const refused = expect(append(batch(3 * IN_PLACE_BYTES_MAX))).rejects.toThrow();
    const behind = append(batch(10, 'none'));
    threads.finish(0);
    await refused;
    expect(await behind).toMatchObject({ baseOffset: 0 });
  });

  it('given another leader meanwhile, then it is refused with NOT_LEADER_OR_FOLLOWER', async () => {
    let isLeader = true;
    const refused = expect(
      append(batch(2 * IN_PLACE_BYTES_MAX), () => isLeader),
    ).rejects.toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER' });
    isLeader = false;
    threads.finish(0);
    await refused;
    expect(log.logEndOffset).toBe(0);
  });

  it('given a lease, then the bytes are kept while the check lasts, and given back', async () => {
    const pool = new BufferPool({ poison: true });
    const bytes = batch(2 * IN_PLACE_BYTES_MAX, 'gzip', 7);
    const lease = pool.lease(bytes.length);
    bytes.copy(lease.bytes);
    const appended = log.appendAsLeader(lease.bytes, { leaderEpoch: 0, lease });
    lease.release();
    threads.finish(0);
    await appended;
    const region = await log.read({
      offset: 0,
      endOffset: 99,
      maxBytes: 1 << 26,
      minOneBatch: true,
    });
    const chunk = await region.next(1 << 26);
    const [read] = [...decodeBatches(Buffer.from(chunk.bytes), { verifyCrc: true })];
    expect([...read!.records()][0]!.value![0]).toBe(7);
    chunk.release();
    region.release();
    await directory.close();
    expect(pool.lentBytes).toBe(0);
  });

  it('given a log that closes, then it waits for the check', async () => {
    const appended = append(batch(2 * IN_PLACE_BYTES_MAX));
    const closed = log.close();
    threads.finish(0);
    expect(await appended).toMatchObject({ baseOffset: 0 });
    await closed;
  });
});

it('given a thread of its own, then the check runs there and says the same', async () => {
  const { threads: real } = nodePlatform();
  const module = new URL(import.meta.resolve('@ottla/protocol/records'));
  const task: WalkTask = { bytes: batch(2 * IN_PLACE_BYTES_MAX, 'zstd'), options: {} };
  expect(await real.run(module, 'walkRecordsTask', task)).toEqual(walkRecordsTask(task));
});
