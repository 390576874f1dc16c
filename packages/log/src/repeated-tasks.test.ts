// What a directory does again and again with its logs, and when it first does it.
import { memoryDisk, nodePlatform, type Platform, silentLogger } from '@ottla/platform';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type LogDirectoryOptions } from './index.ts';

const NOW_MS = 1_800_000_000_000;

function batch(): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(NOW_MS, null, Buffer.from('a'));
  return Buffer.from(builder.build());
}

/** Time that goes on when told; the callbacks that are due run in their order, each after what the one before it began. */
class HandTime {
  nowMs = 0;
  readonly #waiting = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  readonly timers: Platform['timers'] = {
    ...nodePlatform().timers,
    set: (delayMs, callback) => {
      const timer = { atMs: this.nowMs + delayMs, callback };
      this.#waiting.add(timer);
      return { cancel: () => this.#waiting.delete(timer) };
    },
  };
  readonly clock: Platform['clock'] = {
    nowMs: () => NOW_MS + this.nowMs,
    monotonicMs: () => this.nowMs,
  };

  async pass(delayMs: number): Promise<void> {
    const endMs = this.nowMs + delayMs;
    for (;;) {
      const [next] = [...this.#waiting].toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#waiting.delete(next);
      this.nowMs = next.atMs;
      next.callback();
      for (let turn = 0; turn < 10; turn += 1)
        await new Promise<void>((resolve) => nodePlatform().timers.yield(resolve));
    }
    this.nowMs = endMs;
  }
}

async function started(options: Partial<LogDirectoryOptions>) {
  const time = new HandTime();
  const { timers, clock } = time;
  const directory = await LogDirectory.open({
    platform: { ...nodePlatform(), timers, clock, disk: memoryDisk() },
    logger: silentLogger,
    path: '/data',
    ...options,
  });
  const config = { ...LOG_CONFIG_DEFAULT, flushMs: 1000, retentionMs: 5000, segmentMs: 2000 };
  const log = await directory.openLog({ topic: 'orders', partition: 0, config });
  await directory.start();
  await log.appendAsLeader(batch(), { leaderEpoch: 0 });
  log.advanceHighWatermark(1);
  return { time, directory, log };
}

describe('what a directory does again and again', () => {
  it('given flush.ms and a time for looking at it, when both have passed, then what was written is durable', async () => {
    const { time, directory, log } = await started({ flushCheckMs: 300 });
    await time.pass(950);
    expect(log.recoveryPoint).toBe(0);
    await time.pass(300);
    expect(log.recoveryPoint).toBe(1);
    await directory.close();
  });

  it('given a long time between two looks at retention, when the first is to be sooner, then it is', async () => {
    const { time, directory, log } = await started({
      retentionCheckMs: 3_600_000,
      firstTaskMs: 30_000,
    });
    await time.pass(29_000);
    expect(log.logStartOffset).toBe(0);
    await time.pass(1_000);
    expect(log.logStartOffset).toBe(1);
    await directory.close();
  });
});
