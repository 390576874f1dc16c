// All partitions in order, one after the other to the members that want them. Kafka: RoundRobinAssignor.
import {
  type Assignor,
  emptyAssignment,
  membersInOrder,
  subscribedTopics,
  withoutUserData,
} from './assignor.ts';

/** Kafka's `roundrobin`: as even as turns can be. */
export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  assign(group) {
    const assignment = emptyAssignment(group);
    const members = membersInOrder(group.members).map(
      ([id, { topics }]) => [id, new Set(topics)] as const,
    );
    let turn = 0;
    for (const topic of subscribedTopics(group))
      for (let partition = 0; partition < (group.partitionCounts.get(topic) ?? 0); partition += 1) {
        while (!members[turn % members.length]![1].has(topic)) turn += 1;
        assignment.get(members[turn % members.length]![0])!.push({ topic, partition });
        turn += 1;
      }
    return withoutUserData(assignment);
  },
};
