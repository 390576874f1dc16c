// SIGSTOP: a node stands still with all its connections open, the others go on without it, and then it wakes and believes
// that nothing has happened.
import type { Schedule, Stage } from '../schedule.ts';

async function pauseFor(stage: Stage, nodeId: number, ms: number): Promise<void> {
  const node = stage.node(nodeId);
  stage.fault('pause', nodeId);
  node.pause();
  try {
    await stage.sleep(ms);
  } finally {
    node.resume();
  }
  await stage.sleep(1_000);
}

export const pauseLeader: Schedule = {
  name: 'pause-leader',
  what: 'a leader sleeps until others lead, and wakes as a zombie',
  round: async (stage) => {
    const partition = stage.random.below(stage.partitions);
    const leader = await stage.view.leaderOf(partition);
    await pauseFor(stage, leader, 8_000 + stage.random.below(7_000));
  },
};

export const pauseFollower: Schedule = {
  name: 'pause-follower',
  what: 'a follower sleeps for 40 s: the others go on without it, and take it back when it has caught up',
  round: async (stage) => {
    const partition = stage.random.below(stage.partitions);
    const follower = await stage.view.followerOf(partition);
    let wasLeftOut = false;
    const watching = stage.sleep(30_000).then(async () => {
      const { isr } = (await stage.view.partitions(follower))[partition]!;
      wasLeftOut = !isr.includes(follower);
    });
    await pauseFor(stage, follower, 40_000);
    await watching;
    if (!wasLeftOut) stage.violation(`node ${follower} was in sync after 30 s of sleep`);
  },
};

export const pauseController: Schedule = {
  name: 'pause-controller',
  what: 'the active controller sleeps until another is elected, and wakes as a zombie',
  round: async (stage) => {
    await pauseFor(stage, (await stage.view.quorum()).leaderId, 6_000);
  },
};

export const pauseBriefly: Schedule = {
  name: 'pause-briefly',
  what: 'nodes sleep for about as long as others wait for them',
  round: async (stage) => {
    for (let turn = 0; turn < 6; turn++) {
      const node = stage.nodes[stage.random.below(stage.nodes.length)]!;
      await pauseFor(stage, node.nodeId, 300 + stage.random.below(2_500));
    }
  },
};

export const pauseAll: Schedule = {
  name: 'pause-all',
  what: 'all nodes sleep, and wake one after the other',
  round: async (stage) => {
    for (const node of stage.nodes) {
      stage.fault('pause', node.nodeId);
      node.pause();
    }
    await stage.sleep(5_000);
    for (const node of stage.nodes) {
      node.resume();
      await stage.sleep(stage.random.below(3_000));
    }
  },
};
