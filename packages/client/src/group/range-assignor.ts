// Each topic by itself, in contiguous ranges over the members in order. Kafka: RangeAssignor.
import {
  type Assignor,
  emptyAssignment,
  membersInOrder,
  subscribedTopics,
  takersByTopic,
  withoutUserData,
} from './assignor.ts';

/** Kafka's default: `range`. Members that read the same topics get the same partitions of each. */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign(group) {
    const assignment = emptyAssignment(group);
    const takersOf = takersByTopic(membersInOrder(group.members));
    for (const topic of subscribedTopics(group)) {
      const count = group.partitionCounts.get(topic) ?? 0;
      const takers = takersOf.get(topic) ?? [];
      const each = Math.floor(count / takers.length);
      const extra = count % takers.length;
      let next = 0;
      takers.forEach((id, place) => {
        const end = next + each + (place < extra ? 1 : 0);
        for (; next < end; next += 1) assignment.get(id)!.push({ topic, partition: next });
      });
    }
    return withoutUserData(assignment);
  },
};
