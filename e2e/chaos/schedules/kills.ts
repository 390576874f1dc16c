// kill -9: of the node that leads, of one that follows, of the active controller, of all at once, of two of three.
import type { Schedule, Stage } from '../schedule.ts';

const DOWN_MS = 6_000;

function anyPartition({ random, partitions }: Stage): number {
  return random.below(partitions);
}

/** Kills a node, leaves it dead until the others surely go on without it. */
async function killFor(stage: Stage, nodeId: number): Promise<void> {
  await stage.kill(nodeId);
  await stage.sleep(DOWN_MS);
  await stage.restore();
}

export const killLeader: Schedule = {
  name: 'kill-leader',
  what: 'the leader of a partition is killed and comes back',
  round: async (stage) => killFor(stage, await stage.view.leaderOf(anyPartition(stage))),
};

export const killFollower: Schedule = {
  name: 'kill-follower',
  what: 'a node that is not the active controller is killed and comes back',
  round: async (stage) => {
    const { leaderId } = await stage.view.quorum();
    const others = stage.nodes.filter(({ nodeId }) => nodeId !== leaderId);
    await killFor(stage, others[stage.random.below(others.length)]!.nodeId);
  },
};

export const killController: Schedule = {
  name: 'kill-controller',
  what: 'the active controller is killed and comes back',
  round: async (stage) => killFor(stage, (await stage.view.quorum()).leaderId),
};

export const killAll: Schedule = {
  name: 'kill-all',
  what: 'all nodes are killed at once and come back',
  round: async (stage) => {
    for (const { nodeId } of stage.nodes) {
      stage.mayEnd(nodeId);
      stage.fault('kill', nodeId);
    }
    await Promise.all(stage.nodes.map((node) => node.kill()));
    await stage.sleep(stage.random.below(1_000));
    await stage.restore();
  },
};

export const killTwo: Schedule = {
  name: 'kill-two',
  what: 'two of three are killed: what cannot be acknowledged waits, and goes on when they are back',
  round: async (stage) => {
    const spared = stage.random.below(stage.nodes.length);
    const victims = stage.nodes.filter((_, index) => index !== spared);
    for (const { nodeId } of victims) {
      stage.mayEnd(nodeId);
      stage.fault('kill', nodeId);
    }
    await Promise.all(victims.map((node) => node.kill()));
    await stage.sleep(4_000);
    await stage.restore();
  },
};

export const lastInSync: Schedule = {
  name: 'last-in-sync',
  what: 'nodes die one after the other, and come back in that order: who was last has what the others have not (KIP-966)',
  round: async (stage) => {
    const first = stage.random.below(stage.nodes.length);
    const order = stage.nodes.map((_, turn) => stage.nodes[(first + turn) % stage.nodes.length]!);
    for (const { nodeId } of order) {
      stage.mayEnd(nodeId);
      stage.fault('kill', nodeId);
      await stage.node(nodeId).kill();
      // Long enough that those who are left write without it.
      await stage.sleep(4_000);
    }
    for (const node of order) {
      node.start();
      await stage.sleep(3_000);
    }
    await stage.restore();
  },
};

export const killAgain: Schedule = {
  name: 'kill-again',
  what: 'a node is killed while it comes back from having been killed',
  round: async (stage) => {
    const node = stage.nodes[stage.random.below(stage.nodes.length)]!;
    await stage.kill(node.nodeId);
    for (let turn = 0; turn < 4; turn++) {
      node.start();
      await stage.sleep(stage.random.below(1_500));
      stage.fault('kill while starting', node.nodeId);
      await node.kill();
    }
    await stage.restore();
  },
};
