// When a log forgets a producer, by two clocks: the wall's, which may jump, and the process's own.
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
const EXPIRATION_MS = LOG_CONFIG_DEFAULT.producerIdExpirationMs;

/** The producer's first batch: if it is forgotten, the same batch is a new one. */
function batch(timestamp: number): Buffer {
  const builder = new RecordBatchBuilder({ producerId: 7, producerEpoch: 0, baseSequence: 0 });
  builder.append(timestamp, null, Buffer.from('once'));
  return Buffer.from(builder.build());
}

async function open(platform: Platform): Promise<[LogDirectory, PartitionLog]> {
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  await directory.start();
  const config = { ...LOG_CONFIG_DEFAULT, retentionMs: -1 };
  return [directory, await directory.openLog({ topic: 'orders', partition: 0, config })];
}

interface Bench {
  readonly simulation: Simulation;
  readonly jumpClock: (ms: number) => void;
  /** Runs the upkeep of the log `ms` later. */
  readonly later: (ms: number) => Promise<void>;
  /** Sends the first batch again. @returns whether it is known */
  readonly isKnown: () => Promise<boolean>;
  readonly restart: () => Promise<void>;
}

/** A log with one batch of a producer, stamped with the time of the wall clock. */
async function bench(): Promise<Bench> {
  const simulation = createSimulation({ seed: 1 });
  const node = simulation.node('broker');
  let [directory, log] = await simulation.settle(open(node.platform));
  const bytes = batch(node.platform.clock.nowMs());
  const send = () => simulation.settle(log.appendAsLeader(Buffer.from(bytes), { leaderEpoch: 0 }));
  await send();
  return {
    simulation,
    jumpClock: (ms) => node.jumpClock(ms),
    later: async (ms) => {
      await simulation.run(ms);
      await simulation.settle(log.maintain());
    },
    isKnown: async () => (await send()).isDuplicate,
    restart: async () => {
      await simulation.settle(directory.close());
      [directory, log] = await simulation.settle(open(node.platform));
    },
  };
}

describe('expiration of producers', () => {
  it('given a wall clock that jumps ahead by years, when a batch is sent again, then it is still a duplicate', async () => {
    const { jumpClock, later, isKnown } = await bench();
    jumpClock(10 * YEAR_MS);
    await later(HOUR_MS);
    expect(await isKnown()).toBe(true);
  });

  it('given a producer that is quiet by both clocks, then it is forgotten', async () => {
    const { later, isKnown } = await bench();
    await later(EXPIRATION_MS - MINUTE_MS);
    await later(2 * MINUTE_MS);
    expect(await isKnown()).toBe(false);
  });

  it('given a wall clock that jumps back, then a producer is kept until that clock says that it is old', async () => {
    const { jumpClock, later, isKnown } = await bench();
    jumpClock(-DAY_MS);
    await later(EXPIRATION_MS + MINUTE_MS);
    expect(await isKnown()).toBe(true);
  });

  it('given a restart with a wrong wall clock, then a producer is known as long as batches are sent again', async () => {
    const { jumpClock, later, restart, isKnown } = await bench();
    jumpClock(10 * YEAR_MS);
    await restart();
    await later(HOUR_MS - MINUTE_MS);
    expect(await isKnown()).toBe(true);
  });

  it('given a log that was closed for a week, then its producers are forgotten within an hour and a minute', async () => {
    const { jumpClock, later, restart, isKnown } = await bench();
    jumpClock(7 * DAY_MS);
    await restart();
    await later(HOUR_MS + MINUTE_MS);
    expect(await isKnown()).toBe(false);
  });
});
