// Wall clocks that jump.
import { clockEnvironment, shiftClock, whyNoClocks } from '../faults/node-clock.ts';
import type { Schedule } from '../schedule.ts';

const HOUR_S = 3_600;

export const clockSkew: Schedule = {
  name: 'clock-skew',
  what: 'the wall clock of a node jumps an hour ahead, then an hour behind',
  missing: whyNoClocks,
  node: (nodeId, folder) => ({ env: clockEnvironment(folder, nodeId) }),
  round: async (stage) => {
    const { nodeId } = stage.nodes[stage.random.below(stage.nodes.length)]!;
    for (const shift of [HOUR_S, -HOUR_S, 0]) {
      stage.fault(`clock ${shift} s`, nodeId);
      shiftClock(stage.folder, nodeId, shift);
      await stage.sleep(3_000);
    }
  },
};
