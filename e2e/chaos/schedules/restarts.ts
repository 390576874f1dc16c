// Restarts in order: SIGTERM, start, one node after the other, as for an upgrade.
import type { Schedule } from '../schedule.ts';

export const rollingRestart: Schedule = {
  name: 'rolling-restart',
  what: 'all nodes are restarted in order, each when the one before is in sync again',
  round: async (stage) => {
    for (const node of stage.nodes) {
      stage.fault('restart', node.nodeId);
      stage.mayEnd(node.nodeId);
      await node.stop();
      await stage.restore();
      if (!(await stage.whole()))
        stage.violation(`replicas of node ${node.nodeId} were not in sync in time after a restart`);
    }
  },
};

export const restartStorm: Schedule = {
  name: 'restart-storm',
  what: 'nodes are restarted in order without waiting for replicas to be in sync',
  round: async (stage) => {
    for (let turn = 0; turn < 3; turn++) {
      const node = stage.nodes[stage.random.below(stage.nodes.length)]!;
      stage.fault('restart', node.nodeId);
      stage.mayEnd(node.nodeId);
      await node.stop();
      await stage.restore();
    }
  },
};
