// Found by the simulator (seed 7159 of nine brokers): a voter that lost its power in its first seconds came back without its
// metadata log and without its vote, and helped to elect another leader: offset 0 was committed twice.
import { LogDirectory } from '@ottla/log';
import { silentLogger } from '@ottla/platform';
import { createSimulation, type SimulatedNode } from '@ottla/platform/simulated';
import { expect, it } from 'vitest';
import { MetadataLog, VoterSet } from '../index.ts';
import { controlBatch, leaderChangeEntry } from './control-records.ts';
import { readQuorumState, writeQuorumState } from './quorum-state-file.ts';

const SELF = { id: 1, directoryId: 'AAAAAAAAAAAAAAAAAAAABw' };
const VOTERS = new VoterSet([{ ...SELF, endpoints: [] }]);

async function open({ platform }: SimulatedNode): Promise<MetadataLog> {
  const logs = await LogDirectory.open({ platform, logger: silentLogger, path: '/data' });
  return MetadataLog.open(logs);
}

it('given a new voter, when the power is cut after it voted and acknowledged a record, then it has both', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const simulation = createSimulation({ seed });
    const node = simulation.node('controller');
    const live = async (): Promise<void> => {
      const log = await open(node);
      const { disk } = node.platform;
      const vote = { epoch: 1, leaderId: undefined, votedFor: SELF };
      await writeQuorumState(disk, log.directory, vote, 0, VOTERS);
      await log.append(controlBatch([leaderChangeEntry(1, VOTERS, [1])], 1), 1);
    };
    await simulation.settle(live());
    node.crash();
    node.restart();
    const log = await simulation.settle(open(node));
    const state = await simulation.settle(readQuorumState(node.platform.disk, log.directory));
    expect({ end: log.endOffset, epoch: state.epoch }, `seed ${seed}`).toEqual({
      end: 1,
      epoch: 1,
    });
  }
});
