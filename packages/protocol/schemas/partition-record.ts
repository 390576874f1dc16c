// PartitionRecord: metadata record: a partition exists, with replicas, in-sync set and leader.

import { array, int32, int8, message, standalone, uuid } from './notation.ts';

export default standalone({
  name: 'PartitionRecord',
  key: 3,
  message: message('0-2', '0+', {
    partitionId: int32('0+', { default: -1 }),
    topicId: uuid(),
    replicas: array('0+', 'int32'),
    isr: array('0+', 'int32'),
    removingReplicas: array('0+', 'int32'),
    addingReplicas: array('0+', 'int32'),
    leader: int32('0+', { default: -1 }),
    leaderRecoveryState: int8('0+', { tag: 0 }),
    leaderEpoch: int32('0+', { default: -1 }),
    partitionEpoch: int32('0+', { default: -1 }),
    directories: array('1+', 'uuid'),
    eligibleLeaderReplicas: array('2+', 'int32', { nullable: true, default: null, tag: 1 }),
    lastKnownElr: array('2+', 'int32', { nullable: true, default: null, tag: 2 }),
  }),
});
