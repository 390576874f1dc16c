// How the members of a group share partitions; pure, and equal to Java's for the same input. Kafka: RangeAssignor,
// RoundRobinAssignor.
import type { Subscription, TopicPartition } from './consumer-protocol.ts';

export interface GroupSubscriptions {
  /** By member id. */
  readonly members: ReadonlyMap<string, Subscription>;
  /** Partitions of each topic that exists. */
  readonly partitionCounts: ReadonlyMap<string, number>;
}

export interface Assignor {
  /** Named in JoinGroup; all members must offer it. */
  readonly name: string;
  /** Partitions by member id; every member is named. */
  assign(group: GroupSubscriptions): Map<string, TopicPartition[]>;
}

/** Each topic by itself, in contiguous ranges over the sorted members. */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign({ members, partitionCounts }) {
    const assignment = emptyAssignment(members);
    const topics = new Set([...members.values()].flatMap((member) => member.topics));
    for (const topic of [...topics].sort()) {
      const count = partitionCounts.get(topic) ?? 0;
      const takers = [...members]
        .filter(([, member]) => member.topics.includes(topic))
        .map(([id]) => id)
        .sort();
      const each = Math.floor(count / takers.length);
      const extra = count % takers.length;
      let next = 0;
      takers.forEach((id, place) => {
        const size = each + (place < extra ? 1 : 0);
        for (let partition = next; partition < next + size; partition += 1)
          assignment.get(id)!.push({ topic, partition });
        next += size;
      });
    }
    return assignment;
  },
};

/** All partitions in order, one after the other to the sorted members that want them. */
export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  assign({ members, partitionCounts }) {
    const assignment = emptyAssignment(members);
    const ids = [...members.keys()].sort();
    const topics = [...new Set([...members.values()].flatMap((member) => member.topics))].sort();
    let turn = 0;
    for (const topic of topics)
      for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition += 1) {
        while (!members.get(ids[turn % ids.length]!)!.topics.includes(topic)) turn += 1;
        assignment.get(ids[turn % ids.length]!)!.push({ topic, partition });
        turn += 1;
      }
    return assignment;
  },
};

export const ASSIGNORS: readonly Assignor[] = [rangeAssignor, roundRobinAssignor];

function emptyAssignment(
  members: ReadonlyMap<string, Subscription>,
): Map<string, TopicPartition[]> {
  return new Map([...members.keys()].map((id) => [id, []]));
}
