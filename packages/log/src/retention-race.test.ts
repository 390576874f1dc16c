// Retention removes the newest segment too once all of it is too old. Appends come in while it works; none may be lost.
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation, type Simulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { type AppendResult, LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

const RETENTION_MS = 1_000;

function batch(timestamp: number): Buffer {
  const builder = new RecordBatchBuilder({});
  builder.append(timestamp, null, Buffer.from('value'));
  return Buffer.from(builder.build());
}

async function open(platform: Platform): Promise<PartitionLog> {
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  const config = { ...LOG_CONFIG_DEFAULT, retentionMs: RETENTION_MS };
  return directory.openLog({ topic: 'orders', partition: 0, config });
}

/** An old record, then retention; new records follow at moments that the seed chooses. */
async function retainUnderLoad(simulation: Simulation): Promise<PartitionLog> {
  const { platform } = simulation.node('broker');
  const log = await simulation.settle(open(platform));
  await simulation.settle(log.appendAsLeader(batch(platform.clock.nowMs()), { leaderEpoch: 0 }));
  log.advanceHighWatermark(1);
  await simulation.run(2 * RETENTION_MS);
  const appends: Promise<AppendResult>[] = [];
  const add = (): void => {
    appends.push(log.appendAsLeader(batch(platform.clock.nowMs()), { leaderEpoch: 0 }));
  };
  for (let i = 0; i < 6; i += 1) simulation.at(simulation.random.float() * 5, add);
  if (simulation.random.below(2) === 0) add();
  const removing = log.deleteOldSegments();
  await simulation.run(50);
  await simulation.settle(Promise.all(appends));
  await simulation.settle(removing);
  return log;
}

describe('retention while appends come in', () => {
  it('given any moment, then every acknowledged new record can be read and its offset is above the start', async () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const simulation = createSimulation({ seed });
      const log = await retainUnderLoad(simulation);
      expect(log.logStartOffset, `seed ${seed}`).toBeLessThanOrEqual(1);
      const end = log.logEndOffset;
      for (let offset = 1; offset < end; offset += 1) {
        const request = { offset, maxBytes: 1, endOffset: end, minOneBatch: true };
        const region = await simulation.settle(Promise.resolve(log.read(request)));
        expect(region.sizeBytes, `seed ${seed}, offset ${offset}`).toBeGreaterThan(0);
        region.release();
      }
      const bytes = log.sizeBytes;
      expect(bytes, `seed ${seed}`).toBeGreaterThanOrEqual((end - 1) * batch(0).length);
    }
  });
});
