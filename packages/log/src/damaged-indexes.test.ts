// An index has no sum: a flipped bit shows where it points to, or not at all. Whatever it says, a log ends where it ended, and
// a read begins with the batch that was asked for.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const config = {
  ...LOG_CONFIG_DEFAULT,
  segmentBytes: 2_000,
  indexIntervalBytes: 300,
  retentionMs: -1,
};
const BATCHES = 40;
const BITS = 8;
/** As many are read: more than a segment has. */
const OFFSETS = 35;
const BASE_OFFSET_BYTES = 8;
const ENTRY_BYTES = 8;
const UNREADABLE = -2;

class Machine {
  readonly simulation: Simulation = createSimulation({ seed: 1 });
  readonly node: SimulatedNode = this.simulation.node('broker');

  async open(): Promise<{ directory: LogDirectory; log: PartitionLog }> {
    const { platform } = this.node;
    const options = { platform, logger: silentLogger, path: '/data' };
    const directory = await this.settle(LogDirectory.open(options));
    if (directory.meta === undefined)
      await this.settle(directory.format({ clusterId: 'c', nodeId: 1, directoryId: 'd' }));
    const wanted = { topic: 'orders', partition: 0, config };
    return { directory, log: await this.settle(directory.openLog(wanted)) };
  }

  /** Batches of one to three records. */
  async fill(): Promise<void> {
    const { directory, log } = await this.open();
    for (let n = 0; n < BATCHES; n += 1) await this.settle(append(log, n));
    await this.settle(directory.close());
  }

  /** The log's end, and at which offset a read of each offset from `start` on begins; −1 where it brings nothing. */
  async look(start: number): Promise<number[]> {
    const { directory, log } = await this.open();
    const { logEndOffset } = log;
    log.advanceHighWatermark(logEndOffset);
    const found = [logEndOffset];
    for (let offset = start; offset < Math.min(start + OFFSETS, logEndOffset); offset += 1)
      found.push(await this.settle(read(log, offset)).catch(() => UNREADABLE));
    await this.settle(directory.close());
    return found;
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.simulation.settle(promise);
  }
}

async function append(log: PartitionLog, n: number): Promise<void> {
  const builder = new RecordBatchBuilder({});
  for (let record = 0; record <= n % 3; record += 1)
    // Where an index points into values they look like a batch of this format.
    builder.append(1_000 + n, null, Buffer.alloc(20 + 7 * (n % 5), 2));
  await log.appendAsLeader(Buffer.from(builder.build()), { leaderEpoch: 0 });
}

/** Where the batch begins that a read brings; −1 for nothing. */
async function read(log: PartitionLog, offset: number): Promise<number> {
  const request = { offset, maxBytes: 1, endOffset: log.logEndOffset, minOneBatch: true };
  const region = await log.read(request);
  try {
    if (region.sizeBytes < BASE_OFFSET_BYTES) return -1;
    const { bytes, release } = await region.next(BASE_OFFSET_BYTES);
    const found = Number(Buffer.from(bytes).readBigInt64BE(0));
    release();
    return found;
  } finally {
    region.release();
  }
}

it.each(['a closed segment', 'the newest segment'])(
  'given a log that was closed in order, when any bit flips in the index of %s, then nothing is hidden',
  async (which) => {
    const machine = new Machine();
    await machine.fill();
    const indexes = machine.node.disk.files().filter((path) => path.endsWith('.index'));
    const path = which === 'a closed segment' ? indexes.at(-2)! : indexes.at(-1)!;
    const start = Number(/(\d+)\.index$/.exec(path)?.[1]);
    const sound = await machine.look(start);
    const bytes = machine.node.disk.peek(path)!;
    expect(bytes.length).toBeGreaterThan(ENTRY_BYTES);

    const wrong: string[] = [];
    for (let bit = 0; bit < bytes.length * BITS; bit += 1) {
      machine.node.disk.flipBit(path, Math.floor(bit / BITS), bit % BITS);
      const found = await machine.look(start);
      if (found.join() !== sound.join()) wrong.push(`bit ${bit}: ${found.join()}`);
      await machine.settle(machine.node.platform.disk.replaceFile(path, bytes));
    }

    expect(wrong).toEqual([]);
  },
);

it('given an index of the newest segment that is found wrong, when batches are appended meanwhile, then all are found', async () => {
  const machine = new Machine();
  await machine.fill();
  const path = machine.node.disk.files().findLast((file) => file.endsWith('.index'))!;
  const start = Number(/(\d+)\.index$/.exec(path)?.[1]);
  // The second entry's position.
  machine.node.disk.flipBit(path, ENTRY_BYTES + ENTRY_BYTES - 1, 0);
  const { directory, log } = await machine.open();
  const former = log.logEndOffset;
  const offsets = Array.from({ length: former - start }, (_, index) => start + index);

  const appends = Array.from({ length: 6 }, (_, n) => append(log, 3 * n));
  const found = await machine.settle(Promise.all(offsets.map((offset) => read(log, offset))));
  await machine.settle(Promise.all(appends));
  await machine.settle(directory.close());

  const again = await machine.look(start);
  expect(again[0]).toBe(former + 6);
  expect(again.slice(1, 1 + found.length)).toEqual(found);
  expect(found.every((base, index) => base <= start + index && base >= start)).toBe(true);
});

it.each([
  ['the format of a batch', 16, 0],
  ['the offset of a batch, a little', 7, 5],
  ['the offset of a batch, by far', 5, 4],
  ['the length of a batch', 11, 1],
])(
  'given %s is damaged, not the index that leads there, then the index stays, and only that neighbourhood is lost',
  async (_what, byte, bit) => {
    const machine = new Machine();
    await machine.fill();
    for (const path of machine.node.disk.files().filter((file) => file.endsWith('.index'))) {
      const bytes = machine.node.disk.peek(path)!;
      const start = Number(/(\d+)\.index$/.exec(path)?.[1]);
      const sound = await machine.look(start);
      const entries = Array.from({ length: bytes.length / ENTRY_BYTES }, (_, entry) => ({
        offset: start + bytes.readInt32BE(entry * ENTRY_BYTES),
        position: bytes.readInt32BE(entry * ENTRY_BYTES + 4),
      }));
      // Behind the last entry nothing tells where a log that was closed in order ends.
      for (const [at, { position }] of entries.slice(0, -1).entries()) {
        const log = path.replace('.index', '.log');
        machine.node.disk.flipBit(log, position + byte, bit);
        await machine.look(start);
        const found = await machine.look(start);
        machine.node.disk.flipBit(log, position + byte, bit);

        expect(machine.node.disk.peek(path)?.length).toBe(bytes.length);
        const from = 1 + entries[at + 1]!.offset - start;
        expect([found[0], ...found.slice(from)]).toEqual([sound[0], ...sound.slice(from)]);
      }
    }
  },
);
