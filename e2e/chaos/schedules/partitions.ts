// The network between nodes: cut off, one way only, on and off, half open, slow, a byte at a time.
import type { Weather } from '../network/link.ts';
import type { Schedule, Stage } from '../schedule.ts';

const HELD: Weather = { isHeld: true };

function idsOf({ nodes }: Stage): number[] {
  return nodes.map(({ nodeId }) => nodeId);
}

function othersOf(stage: Stage, node: number): number[] {
  return idsOf(stage).filter((each) => each !== node);
}

async function aLeader(stage: Stage): Promise<number> {
  return stage.view.leaderOf(stage.random.below(stage.partitions));
}

/** Does something to the network for a while, heals it, and lets everybody find back. */
async function weatherFor(
  stage: Stage,
  fault: string,
  node: number,
  ms: number,
  apply: () => void,
): Promise<void> {
  stage.fault(fault, node);
  apply();
  try {
    await stage.sleep(ms);
  } finally {
    stage.network.heal();
  }
}

export const isolateLeader: Schedule = {
  name: 'isolate-leader',
  what: 'a leader is cut off from everybody',
  hasNetwork: true,
  round: async (stage) => {
    const leader = await aLeader(stage);
    await weatherFor(stage, 'isolate', leader, 8_000, () =>
      stage.network.isolate(leader, idsOf(stage), HELD),
    );
  },
};

export const isolateFromNodes: Schedule = {
  name: 'isolate-from-nodes',
  what: 'a leader is cut off from the other nodes, but clients still reach it',
  hasNetwork: true,
  round: async (stage) => {
    const leader = await aLeader(stage);
    await weatherFor(stage, 'isolate from nodes', leader, 8_000, () =>
      stage.network.isolate(leader, idsOf(stage), HELD, 'client'),
    );
  },
};

export const isolateController: Schedule = {
  name: 'isolate-controller',
  what: 'the active controller is cut off from the other nodes, but clients still reach it',
  hasNetwork: true,
  round: async (stage) => {
    const { leaderId } = await stage.view.quorum();
    await weatherFor(stage, 'isolate controller', leaderId, 8_000, () =>
      stage.network.isolate(leaderId, idsOf(stage), HELD, 'client'),
    );
  },
};

export const oneWay: Schedule = {
  name: 'one-way',
  what: 'a leader is heard by the others but does not hear them, or the other way round',
  hasNetwork: true,
  round: async (stage) => {
    const leader = await aLeader(stage);
    const isDeaf = stage.random.below(2) === 0;
    await weatherFor(stage, isDeaf ? 'deaf' : 'mute', leader, 8_000, () => {
      for (const other of othersOf(stage, leader)) {
        if (isDeaf) stage.network.set(other, leader, HELD);
        else stage.network.set(leader, other, HELD);
      }
    });
  },
};

export const bridge: Schedule = {
  name: 'bridge',
  what: 'two nodes do not reach each other, the third reaches both',
  hasNetwork: true,
  round: async (stage) => {
    const middle = stage.nodes[stage.random.below(stage.nodes.length)]!.nodeId;
    const [left, right] = othersOf(stage, middle);
    await weatherFor(stage, 'bridge', middle, 8_000, () => {
      stage.network.set(left!, right!, HELD);
      stage.network.set(right!, left!, HELD);
    });
  },
};

export const flapping: Schedule = {
  name: 'flapping',
  what: 'the links of a node are cut and healed each half second',
  hasNetwork: true,
  round: async (stage) => {
    const node = stage.nodes[stage.random.below(stage.nodes.length)]!.nodeId;
    for (let turn = 0; turn < 10; turn++) {
      await weatherFor(stage, 'flap', node, 500, () =>
        stage.network.isolate(node, idsOf(stage), HELD, 'client'),
      );
      await stage.sleep(500);
    }
  },
};

export const halfOpen: Schedule = {
  name: 'half-open',
  what: "a node's connections to the others are gone, and nobody has told it",
  hasNetwork: true,
  round: async (stage) => {
    const node = stage.nodes[stage.random.below(stage.nodes.length)]!.nodeId;
    await weatherFor(stage, 'half open', node, 8_000, () => stage.network.halfOpen(node));
  },
};

export const slow: Schedule = {
  name: 'slow',
  what: 'what a node sends and hears takes a fifth of a second longer',
  hasNetwork: true,
  round: async (stage) => {
    const node = stage.nodes[stage.random.below(stage.nodes.length)]!.nodeId;
    await weatherFor(stage, 'slow', node, 8_000, () =>
      stage.network.isolate(node, idsOf(stage), { delayMs: 200 }),
    );
  },
};

export const trickle: Schedule = {
  name: 'trickle',
  what: 'between a node and the others goes one byte each two milliseconds',
  hasNetwork: true,
  round: async (stage) => {
    const node = stage.nodes[stage.random.below(stage.nodes.length)]!.nodeId;
    await weatherFor(stage, 'trickle', node, 8_000, () =>
      stage.network.isolate(node, idsOf(stage), { trickleMs: 2 }, 'client'),
    );
  },
};

export const cutClients: Schedule = {
  name: 'cut-clients',
  what: 'clients do not reach a leader, the other nodes do',
  hasNetwork: true,
  round: async (stage) => {
    const leader = await aLeader(stage);
    await weatherFor(stage, 'cut clients', leader, 8_000, () => {
      stage.network.set('client', leader, HELD);
      stage.network.set(leader, 'client', HELD);
    });
  },
};
