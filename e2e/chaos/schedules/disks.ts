// A disk that is full, and one that has turned a bit around.
import { statSync } from 'node:fs';
import { until } from '../../src/processes.ts';
import { flipBit, segmentFiles } from '../faults/segments.ts';
import { fillDisk, freeDisk, whyNoSmallDisk } from '../faults/small-disk.ts';
import type { Schedule, Stage } from '../schedule.ts';

const FULL_MS = 6_000;
const CLOSED_LIMIT_MS = 60_000;
/** Segments close soon, so that there are some to damage. */
const SHORT_SEGMENTS = { 'segment.ms': '2000' };

export const diskFull: Schedule = {
  name: 'disk-full',
  what: 'the disk of a node is full for a while; the node may give up, and starts anew when there is room',
  missing: whyNoSmallDisk,
  diskMb: 512,
  round: async (stage) => {
    const leader = await stage.view.leaderOf(stage.random.below(stage.partitions));
    stage.mayEnd(leader);
    stage.fault('disk full', leader);
    fillDisk(stage.diskOf(leader));
    await stage.sleep(FULL_MS);
    freeDisk(stage.diskOf(leader));
    await stage.node(leader).kill();
    await stage.restore();
  },
};

function closedSegments(stage: Stage, nodeId: number, partition: number): string[] {
  return segmentFiles(stage.node(nodeId).dataDir, stage.topic, partition)
    .slice(0, -1)
    .filter((each) => statSync(each).size > 0);
}

/** Turns a bit around in a closed segment of a node that is down. */
async function damage(stage: Stage, nodeId: number, partition: number): Promise<void> {
  const hasClosed = (): boolean => closedSegments(stage, nodeId, partition).length > 0;
  await until('a segment is closed', hasClosed, CLOSED_LIMIT_MS);
  await stage.kill(nodeId);
  const closed = closedSegments(stage, nodeId, partition);
  flipBit(closed[stage.random.below(closed.length)]!, stage.random);
  stage.fault('bit flipped', nodeId);
}

export const flipFollower: Schedule = {
  name: 'flip-follower',
  what: 'a bit of a closed segment is turned around on a follower that is down',
  topic: SHORT_SEGMENTS,
  round: async (stage) => {
    await stage.sleep(4_000);
    const partition = stage.random.below(stage.partitions);
    await damage(stage, await stage.view.followerOf(partition), partition);
    await stage.restore();
  },
};

export const flipLeader: Schedule = {
  name: 'flip-leader',
  what: 'a leader is killed, a bit of a closed segment of its copy is turned around, and it comes back',
  topic: SHORT_SEGMENTS,
  round: async (stage) => {
    await stage.sleep(4_000);
    const partition = stage.random.below(stage.partitions);
    await damage(stage, await stage.view.leaderOf(partition), partition);
    await stage.sleep(4_000);
    await stage.restore();
  },
};
