import { SinkRecord, type SourceOffset, type SourceRecord } from '@ottla/connect';
import { type Disk, memoryDisk, nodePlatform, silentLogger } from '@ottla/platform';
import { describe, expect, it } from 'vitest';
import { FileStreamSinkTask, FileStreamSourceTask } from './index.ts';

/** A source task on the disk; a poll that finds nothing returns at once, for its signal is aborted. */
function sourceTask(disk: Disk, stored?: SourceOffset, batchSize = 2000): FileStreamSourceTask {
  const task = new FileStreamSourceTask();
  task.initialize({
    configs: () => ({}),
    offsetStorageReader: { offset: async () => stored, offsets: async () => [stored] },
    signal: AbortSignal.abort(),
    logger: silentLogger,
    platform: { ...nodePlatform(), disk },
  });
  task.start({ file: '/in.txt', topic: 'lines', 'batch.size': String(batchSize) });
  return task;
}

function valuesAndPositions(records: readonly SourceRecord[] | null): unknown {
  return records?.map(({ value, sourceOffset }) => [value, sourceOffset?.['position']]) ?? null;
}

async function append(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, 'write');
  await file.write([Buffer.from(text)], (await file.stat()).size);
  await file.close();
}

describe('a file source task', () => {
  it('given a file that grows, when polled, then only complete lines become records, with positions in bytes', async () => {
    const disk = memoryDisk();
    await append(disk, '/in.txt', 'õ\ntw');
    const task = sourceTask(disk);

    const records = await task.poll();
    expect(valuesAndPositions(records)).toEqual([['õ', 3]]);
    expect(records?.[0]).toMatchObject({
      topic: 'lines',
      sourcePartition: { filename: '/in.txt' },
    });
    expect(await task.poll()).toBeNull();
    await append(disk, '/in.txt', 'o\n');
    expect(valuesAndPositions(await task.poll())).toEqual([['two', 7]]);
    await task.stop();
  });

  it('given a stored position, when started, then it goes on there and gives nothing twice', async () => {
    const disk = memoryDisk();
    await append(disk, '/in.txt', 'one\ntwo\n');
    const task = sourceTask(disk, { position: 4 });

    expect(valuesAndPositions(await task.poll())).toEqual([['two', 8]]);
    await task.stop();
  });

  it('given more lines than batch.size, when polled, then no poll gives more and none is lost', async () => {
    const disk = memoryDisk();
    await append(disk, '/in.txt', 'a\nb\nc\n');
    const task = sourceTask(disk, undefined, 2);

    expect(valuesAndPositions(await task.poll())).toEqual([
      ['a', 2],
      ['b', 4],
    ]);
    expect(valuesAndPositions(await task.poll())).toEqual([['c', 6]]);
    await task.stop();
  });

  it('given no file, when polled, then it waits; once the file is there, it is read', async () => {
    const disk = memoryDisk();
    const task = sourceTask(disk);

    expect(await task.poll()).toBeNull();
    await append(disk, '/in.txt', 'late\n');
    expect(valuesAndPositions(await task.poll())).toEqual([['late', 5]]);
    await task.stop();
  });

  it('given a stored position that is no number, when polled, then it fails', async () => {
    const disk = memoryDisk();
    await append(disk, '/in.txt', 'one\n');
    await expect(sourceTask(disk, { position: 'four' }).poll()).rejects.toThrow(
      'Offset position is the incorrect type',
    );
  });
});

describe('a file sink task', () => {
  async function sinkTask(disk: Disk): Promise<FileStreamSinkTask> {
    const task = new FileStreamSinkTask();
    task.initialize({
      configs: () => ({}),
      offset() {},
      timeout() {},
      assignment: () => [],
      pause() {},
      resume() {},
      requestCommit() {},
      errantRecordReporter: undefined,
      signal: new AbortController().signal,
      logger: silentLogger,
      platform: { ...nodePlatform(), disk },
    });
    await task.start({ file: '/out.txt' });
    return task;
  }

  function recordOf(value: unknown): SinkRecord {
    return new SinkRecord({ topic: 'lines', kafkaPartition: 0, kafkaOffset: 0, value });
  }

  it('given a file with lines, when values are put, then they are appended, as Java shows them', async () => {
    const disk = memoryDisk();
    await append(disk, '/out.txt', 'before\n');
    const task = await sinkTask(disk);

    await task.put([recordOf('one'), recordOf(null)]);
    await task.put([]);
    await task.put([recordOf(new Map([['a', 1]]))]);
    await task.flush();
    expect((await disk.readFile('/out.txt')).toString()).toBe('before\none\nnull\n{a=1}\n');
    await task.stop();
  });

  it('given two tasks on one file, when both put at once, then no line overwrites another', async () => {
    const disk = memoryDisk();
    const tasks = [await sinkTask(disk), await sinkTask(disk)];

    await Promise.all(tasks.map((task, index) => task.put([recordOf(`task ${index}`)])));
    const lines = (await disk.readFile('/out.txt')).toString().split('\n');
    expect(lines.toSorted()).toEqual(['', 'task 0', 'task 1']);
    for (const task of tasks) await task.stop();
  });
});
