// The indexes of a segment are believed when it is: behind a recovery point on disk, or a marker of a clean shutdown, nobody looks
// whether a power cut has left them as they were.
import { silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation, type SimulatedNode } from '@ottla/platform/simulated';
import { LOG_OVERHEAD_BYTES, RecordBatchBuilder } from '@ottla/protocol/records';
import { expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const SEEDS = 20;
const CHECKPOINT_MS = 60_000;
const config = {
  ...LOG_CONFIG_DEFAULT,
  flushMessages: 1,
  segmentBytes: 4_000,
  indexIntervalBytes: 100,
  retentionMs: -1,
};

class Machine {
  readonly simulation: Simulation;
  readonly node: SimulatedNode;
  directory!: LogDirectory;
  log!: PartitionLog;

  constructor(seed: number) {
    this.simulation = createSimulation({ seed });
    this.node = this.simulation.node('broker');
  }

  async start(): Promise<void> {
    const { platform } = this.node;
    const options = { platform, logger: silentLogger, path: '/data', checkpointMs: CHECKPOINT_MS };
    this.directory = await this.settle(LogDirectory.open(options));
    if (this.directory.meta === undefined) {
      const meta = { clusterId: 'c', nodeId: 1, directoryId: 'd' };
      await this.settle(this.directory.format(meta));
    }
    this.log = await this.settle(this.directory.openLog({ topic: 'orders', partition: 0, config }));
    await this.settle(this.directory.start());
  }

  async losePower(): Promise<void> {
    this.node.crash();
    this.node.restart();
    await this.start();
  }

  /** Batches of one record, whose timestamp is its offset and a thousand. */
  async append(count: number, valueBytes: number, leaderEpoch: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const builder = new RecordBatchBuilder({});
      builder.append(1_000 + this.log.logEndOffset, null, Buffer.alloc(valueBytes));
      const bytes = Buffer.from(builder.build());
      await this.settle(this.log.appendAsLeader(bytes, { leaderEpoch }));
    }
  }

  /** The batch that a read at this offset begins with; undefined when there is nothing. */
  async read(offset: number): Promise<number | undefined> {
    const { log } = this;
    const one = { offset, maxBytes: 1, endOffset: log.logEndOffset, minOneBatch: true };
    const region = await this.settle(Promise.resolve(log.read(one)));
    if (region.sizeBytes === 0) return undefined;
    const { bytes, release } = await this.settle(Promise.resolve(region.next(LOG_OVERHEAD_BYTES)));
    const found = Number(Buffer.from(bytes).readBigInt64BE(0));
    release();
    region.release();
    return found;
  }

  /** Every record is found by its offset and by its time. */
  async expectRecords(count: number, when: string): Promise<void> {
    expect(this.log.logEndOffset, when).toBe(count);
    for (let offset = 0; offset < count; offset += 1) {
      expect(await this.read(offset), `${when}, offset ${offset}`).toBe(offset);
      const found = await this.settle(this.log.offsetForTimestamp(1_000 + offset));
      expect(found?.offset, `${when}, time ${offset}`).toBe(offset);
    }
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.simulation.settle(promise);
  }
}

it('given a segment that is no longer written to, when the power is cut, then its records are found by offset and time', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const machine = new Machine(seed);
    await machine.start();
    await machine.append(40, 100, 1);
    await machine.simulation.run(CHECKPOINT_MS + 1_000);
    await machine.losePower();
    await machine.expectRecords(40, `seed ${seed}`);
  }
});

it('given a log that was cut and went on with other batches, when the power is cut after an orderly stop, then it is whole', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const machine = new Machine(seed);
    await machine.start();
    await machine.append(15, 100, 1);
    await machine.settle(machine.directory.close());
    await machine.start();
    await machine.settle(machine.log.truncateTo(5));
    await machine.append(5, 250, 2);
    await machine.settle(machine.directory.close());
    await machine.losePower();
    expect(machine.directory.wasClean, `seed ${seed}`).toBe(true);
    await machine.expectRecords(10, `seed ${seed}`);
  }
});

it('given a crash and a recovery, when the power is cut, then what was recovered is found by offset and time', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const machine = new Machine(seed);
    await machine.start();
    await machine.append(40, 100, 1);
    machine.node.crash({ unsynced: 'keep' });
    machine.node.restart();
    await machine.start();
    await machine.simulation.run(CHECKPOINT_MS + 1_000);
    await machine.losePower();
    await machine.expectRecords(40, `seed ${seed}`);
  }
});
