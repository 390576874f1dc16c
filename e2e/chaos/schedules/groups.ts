// What a consumer group goes through: members that come and go all the time, and a coordinator that dies.
import type { Schedule } from '../schedule.ts';

export const killCoordinator: Schedule = {
  name: 'kill-coordinator',
  what: 'the coordinator of a group is killed while members commit',
  round: async (stage) => {
    await stage.kill(await stage.view.coordinatorOf(stage.group));
    await stage.sleep(6_000);
    await stage.restore();
  },
};

export const memberStorm: Schedule = {
  name: 'member-storm',
  what: 'fifty members come and go, and in the middle of it their coordinator is killed',
  members: { count: 50, stayMs: 4_000 },
  round: async (stage) => {
    // The storm itself, beside the one fault that is made here.
    stage.fault('members come and go');
    await stage.sleep(15_000);
    await stage.kill(await stage.view.coordinatorOf(stage.group));
    await stage.sleep(4_000);
    await stage.restore();
    await stage.sleep(5_000);
  },
};
