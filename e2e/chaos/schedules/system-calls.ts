// System calls that fail, that take long, and a kill in the middle of writing. Records are made durable one by one here, so
// that there is something to fail.
import { injectFault, SYNCS, type SystemCallFault, WRITES } from '../faults/system-calls.ts';
import { segmentFiles } from '../faults/segments.ts';
import type { Schedule, Stage } from '../schedule.ts';

const EACH_RECORD = { 'log.flush.interval.messages': '1' };
const LASTS_MS = 8_000;

/** Active segments of all partitions on a node. */
function activeSegments(stage: Stage, nodeId: number): string[] {
  const { dataDir } = stage.node(nodeId);
  return Array.from({ length: stage.partitions }, (_, partition) =>
    segmentFiles(dataDir, stage.topic, partition).at(-1),
  ).filter((file) => file !== undefined);
}

/** Faults in one node's calls for a while. It may end; it is started again. */
async function faultFor(
  stage: Stage,
  name: string,
  nodeId: number,
  fault: SystemCallFault,
): Promise<void> {
  const { pid } = stage.node(nodeId);
  if (pid === undefined) return;
  const heal = await injectFault(pid, fault);
  stage.fault(name, nodeId);
  await stage.sleep(LASTS_MS);
  await heal();
}

/** Who has met a failure of its disk must not go on with what it has in memory: it starts anew. */
async function startAnew(stage: Stage, nodeId: number): Promise<void> {
  await stage.node(nodeId).kill();
  await stage.restore();
}

/** Faults in what the leader of some partition writes of all its partitions. It may end; it starts anew. */
async function faultOfLeader(
  stage: Stage,
  name: string,
  fault: Omit<SystemCallFault, 'files'>,
): Promise<void> {
  const leader = await stage.view.leaderOf(stage.random.below(stage.partitions));
  stage.mayEnd(leader);
  await faultFor(stage, name, leader, { ...fault, files: activeSegments(stage, leader) });
  await startAnew(stage, leader);
}

export const syncFails: Schedule = {
  name: 'sync-fails',
  what: 'a sync of a partition fails once: nothing that it was for may be acknowledged',
  needs: ['strace'],
  settings: EACH_RECORD,
  round: (stage) =>
    faultOfLeader(stage, 'sync fails', { calls: SYNCS, action: 'error=EIO', when: '1' }),
};

export const metadataSyncFails: Schedule = {
  name: 'metadata-sync-fails',
  what: 'a sync fails once on the active controller, of its metadata log as soon as of anything',
  needs: ['strace'],
  round: async (stage) => {
    const { leaderId } = await stage.view.quorum();
    stage.mayEnd(leaderId);
    const fault = { calls: SYNCS, action: 'error=EIO', when: '1' };
    await faultFor(stage, 'any sync fails', leaderId, fault);
    await startAnew(stage, leaderId);
  },
};

export const slowSyncs: Schedule = {
  name: 'slow-syncs',
  what: 'each sync of a node takes a fifth of a second',
  needs: ['strace'],
  settings: EACH_RECORD,
  round: async (stage) => {
    const { nodeId } = stage.nodes[stage.random.below(stage.nodes.length)]!;
    await faultFor(stage, 'slow syncs', nodeId, { calls: SYNCS, action: 'delay_enter=200000' });
  },
};

export const writeFails: Schedule = {
  name: 'write-fails',
  what: 'from some write on, the disk of a leader is full',
  needs: ['strace'],
  round: (stage) => {
    const when = `${1 + stage.random.below(20)}+`;
    return faultOfLeader(stage, 'no space', { calls: WRITES, action: 'error=ENOSPC', when });
  },
};

export const killAtWrite: Schedule = {
  name: 'kill-at-write',
  what: 'a leader dies at its n-th write or sync of a log',
  needs: ['strace'],
  settings: EACH_RECORD,
  round: (stage) => {
    const when = String(1 + stage.random.below(200));
    const calls = `${WRITES},${SYNCS}`;
    const fault = { calls, action: 'signal=SIGKILL', when };
    return faultOfLeader(stage, `killed at write ${when}`, fault);
  },
};
