// The first start formats the data directories. A power cut in the middle of that leaves something for the next start to go on
// with, whatever it leaves.
import { BufferPool } from '@ottla/log';
import { silentLogger } from '@ottla/platform';
import { createSimulation, type SimulatedNode } from '@ottla/platform/simulated';
import { readSnapshotFile } from '@ottla/raft';
import { expect, it } from 'vitest';
import { BrokerConfig } from '../config/broker-config.ts';
import { ClosingStack } from './closing-stack.ts';
import { openStorage, type Storage } from './storage.ts';

const SETTINGS = [
  'process.roles=broker,controller',
  'node.id=1',
  'controller.listener.names=CONTROLLER',
  'listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:9093',
  'log.dirs=/one,/two',
];
const SNAPSHOT = '/one/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint';
const CLUSTER = 'AAAAAAAAAAAAAAAAAAAAZA';

function open({ platform }: SimulatedNode): Promise<Storage> {
  return openStorage({
    platform,
    config: BrokerConfig.load({ overrides: SETTINGS }),
    logger: silentLogger,
    closing: new ClosingStack(silentLogger),
    buffers: new BufferPool(),
    clusterId: CLUSTER,
    onFailure: () => undefined,
  });
}

it('given a first start, when the power is cut at any call of the disk, then the next start formats what is not', async () => {
  let wasCut = true;
  for (let after = 0; wasCut; after += 1) {
    const simulation = createSimulation({ seed: after });
    const node = simulation.node('broker');
    node.disk.inject({ after, effect: { kind: 'crash' } });
    void open(node).catch(() => undefined);
    await simulation.run(1_000);
    wasCut = !node.isUp;
    node.disk.clearFaults();
    node.crash();
    node.restart();
    const { clusterId, directories } = await simulation.settle(open(node));
    expect(clusterId, `cut at call ${after}`).toBe(CLUSTER);
    const [first, second] = directories;
    expect(second?.meta?.clusterId).toBe(CLUSTER);
    const { voters } = await simulation.settle(readSnapshotFile(node.platform.disk, SNAPSHOT));
    expect(voters?.get(1)?.directoryId).toBe(first.meta?.directoryId);
  }
});
