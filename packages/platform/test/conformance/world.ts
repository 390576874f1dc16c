// What the conformance suite needs of an implementation: the ports, a folder to write in, and a way
// to run a scenario (in the simulated world, time moves only while it is driven).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryDisk, type Platform } from '@ottla/platform';
import { createSimulation } from '@ottla/platform/simulated';
import { createNodePlatform } from '../../src/node/node-platform.ts';

export interface Scene {
  readonly platform: Platform;
  /** Exists and is empty. */
  readonly directory: string;
}

export interface World {
  readonly name: string;
  /** Sets the scene, plays the scenario to its end and clears up. */
  play(scenario: (scene: Scene) => Promise<void>): Promise<void>;
}

async function playOnNode(
  scenario: (scene: Scene) => Promise<void>,
  platform: Platform,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ottla-platform-'));
  try {
    await platform.disk.mkdir(directory);
    await scenario({ platform, directory });
  } finally {
    await platform.threads.close();
    await rm(directory, { recursive: true, force: true });
  }
}

export const nodeWorld: World = {
  name: "Node's platform",
  play: (scenario) => playOnNode(scenario, createNodePlatform()),
};

export const memoryWorld: World = {
  name: "Node's platform with the in-memory disk",
  play: (scenario) => playOnNode(scenario, { ...createNodePlatform(), disk: memoryDisk() }),
};

export const simulatedWorld: World = {
  name: 'the simulated platform',
  async play(scenario) {
    const simulation = createSimulation({ seed: 20_260_101 });
    const { platform } = simulation.node('node-1');
    const scene = async (): Promise<void> => {
      await platform.disk.mkdir('/data');
      await scenario({ platform, directory: '/data' });
    };
    await simulation.settle(scene());
  },
};
