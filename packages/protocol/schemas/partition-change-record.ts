// PartitionChangeRecord: metadata record: what changed of a partition; absent fields stay as they
// were.

import { array, int32, int8, message, standalone, uuid } from './notation.ts';

export default standalone({
  name: 'PartitionChangeRecord',
  key: 5,
  message: message('0-2', '0+', {
    partitionId: int32('0+', { default: -1 }),
    topicId: uuid(),
    isr: array('0+', 'int32', { nullable: true, default: null, tag: 0 }),
    leader: int32('0+', { default: -2, tag: 1 }),
    replicas: array('0+', 'int32', { nullable: true, default: null, tag: 2 }),
    removingReplicas: array('0+', 'int32', { nullable: true, default: null, tag: 3 }),
    addingReplicas: array('0+', 'int32', { nullable: true, default: null, tag: 4 }),
    leaderRecoveryState: int8('0+', { default: -1, tag: 5 }),
    directories: array('1+', 'uuid', { nullable: true, default: null, tag: 8 }),
    eligibleLeaderReplicas: array('2+', 'int32', { nullable: true, default: null, tag: 6 }),
    lastKnownElr: array('2+', 'int32', { nullable: true, default: null, tag: 7 }),
  }),
});
