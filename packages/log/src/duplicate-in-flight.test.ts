// A producer that loses its connection sends a batch again while the first is still on its way to the disk.
import { type Platform, silentLogger } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { RecordBatchBuilder } from '@ottla/protocol/records';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULT, LogDirectory, type PartitionLog } from './index.ts';

function batch(): Buffer {
  const builder = new RecordBatchBuilder({ producerId: 7, producerEpoch: 0, baseSequence: 0 });
  builder.append(1_000, null, Buffer.from('once'));
  return Buffer.from(builder.build());
}

async function open(platform: Platform): Promise<PartitionLog> {
  const directory = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  await directory.start();
  const config = { ...LOG_CONFIG_DEFAULT, flushMessages: 1 };
  return directory.openLog({ topic: 'orders', partition: 0, config });
}

describe('a batch sent again while the first is in flight', () => {
  it('given a sync that fails, then the repetition is not acknowledged either', async () => {
    const simulation = createSimulation({ seed: 1 });
    const node = simulation.node('broker');
    const log = await simulation.settle(open(node.platform));
    node.disk.inject({
      operation: 'datasync',
      path: /\.log$/,
      effect: { kind: 'fail', code: 'EIO' },
    });
    const both = [1, 2].map(() => log.appendAsLeader(batch(), { leaderEpoch: 0 }));
    const outcomes = await simulation.settle(Promise.allSettled(both));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  });

  it('given a sync that works, then the repetition is acknowledged after it, with the first offset', async () => {
    const simulation = createSimulation({ seed: 2 });
    const log = await simulation.settle(open(simulation.node('broker').platform));
    const order: boolean[] = [];
    const both = [1, 2].map(() =>
      log.appendAsLeader(batch(), { leaderEpoch: 0 }).then((result) => {
        expect([result.baseOffset, log.logEndOffset]).toEqual([0, 1]);
        order.push(result.isDuplicate);
      }),
    );
    await simulation.settle(Promise.all(both));
    expect(order).toEqual([false, true]);
  });
});
