// Shares the tasks of an application among its instances: each keeps what it had as far as that is fair, a task whose state lies
// with an instance goes there first, the rest to whoever has least. Pure. Kafka: StickyTaskAssignor (KIP-924).
import type { Assignor, GroupSubscriptions, MemberAssignment, TopicPartition } from '@ottla/client';
import { compareTaskIds, parseTaskId, type TaskId, taskIdText } from '../processor/task-id.ts';
import type { Subtopology } from '../topology/subtopologies.ts';
import { type PartitionCounts, taskCount } from './internal-topics.ts';

/** What an instance tells the leader. */
export interface InstanceInfo {
  readonly processId: string;
  /** Tasks that run there. */
  readonly active: readonly string[];
  /** Tasks whose state is on its disk. */
  readonly state: readonly string[];
}

/** Named in JoinGroup; members of Kafka's own Streams have another and cannot share the group. */
const NAME = 'ottla-streams';
const VERSION = 1;

/** @returns tasks by member, each in order */
export function assignTasks(
  tasks: readonly string[],
  members: ReadonlyMap<string, InstanceInfo>,
): Map<string, string[]> {
  const shares = new Map([...members.keys()].sort().map((id) => [id, [] as string[]]));
  const left = new Set(tasks);
  const most = Math.ceil(tasks.length / members.size);
  // Only so many members may have the most; the others have one less.
  let withMost = tasks.length - (most - 1) * members.size;
  const give = (member: string, task: string): boolean => {
    const share = shares.get(member)!;
    if (!left.has(task) || share.length >= most) return false;
    if (share.length === most - 1 && withMost === 0) return false;
    if (share.length === most - 1) withMost -= 1;
    share.push(task);
    left.delete(task);
    return true;
  };
  for (const wish of ['active', 'state'] as const)
    for (const member of shares.keys())
      for (const task of members.get(member)![wish]) give(member, task);
  for (const task of left) {
    const [member] = [...shares].sort(([, a], [, b]) => a.length - b.length)[0]!;
    give(member, task);
  }
  return shares;
}

/** The partitions that a task reads. */
export function partitionsOf(
  task: TaskId,
  part: Subtopology,
  counts: PartitionCounts,
): TopicPartition[] {
  return part.sourceTopics
    .filter((topic) => task.partition < (counts.get(topic) ?? 0))
    .map((topic) => ({ topic, partition: task.partition }));
}

/** All tasks there are, in order. */
export function allTasks(parts: readonly Subtopology[], counts: PartitionCounts): TaskId[] {
  return parts
    .flatMap((part) =>
      Array.from({ length: taskCount(part, counts) }, (_, partition) => ({
        subtopology: part.id,
        partition,
      })),
    )
    .sort(compareTaskIds);
}

/** The assignor of an instance. */
export function streamsAssignor(options: {
  /** As they are now. */
  readonly subtopologies: () => readonly Subtopology[];
  readonly info: () => Promise<InstanceInfo>;
}): Assignor {
  const { info } = options;
  return {
    name: NAME,
    subscriptionUserData: async () => encode(await info()),
    assign(group) {
      const members = infoOf(group);
      const subtopologies = options.subtopologies();
      const tasks = allTasks(subtopologies, group.partitionCounts).map(taskIdText);
      const result = new Map<string, MemberAssignment>();
      for (const [member, share] of assignTasks(tasks, members)) {
        const partitions = share.flatMap((text) => {
          const task = parseTaskId(text)!; // made a line before
          const part = subtopologies.find(({ id }) => id === task.subtopology)!;
          return partitionsOf(task, part, group.partitionCounts);
        });
        result.set(member, { partitions });
      }
      return result;
    },
  };
}

function infoOf(group: GroupSubscriptions): Map<string, InstanceInfo> {
  return new Map(
    [...group.members].map(([id, { userData }]) => [
      id,
      decode(userData) ?? { processId: id, active: [], state: [] },
    ]),
  );
}

function encode(info: InstanceInfo): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, ...info }));
}

/** Undefined for what another version, or another program, wrote. */
function decode(userData: Buffer | null): InstanceInfo | undefined {
  try {
    const info = JSON.parse(userData?.toString() ?? '') as InstanceInfo & { version: unknown };
    return info.version === VERSION && Array.isArray(info.active) && Array.isArray(info.state)
      ? info
      : undefined;
  } catch {
    // What cannot be read says nothing.
    return undefined;
  }
}
