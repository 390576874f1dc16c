// AlterPartition: a partition's leader asks the controller to change the in-sync set (KIP-497).

import { api, array, int16, int32, int64, int8, message, structs, uuid } from './notation.ts';

export default api({
  key: 56,
  name: 'AlterPartition',
  listeners: ['controller'],
  clusterAction: true,
  request: message('2-3', '0+', {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
    topics: structs('0+', 'RequestTopicData', {
      topicId: uuid('2+', { ignorable: true }),
      partitions: structs('0+', 'RequestPartitionData', {
        partitionIndex: int32(),
        leaderEpoch: int32(),
        newIsr: array('0-2', 'int32'),
        newIsrWithEpochs: structs('3+', 'BrokerState', {
          brokerId: int32('3+'),
          brokerEpoch: int64('3+', { default: -1 }),
        }),
        leaderRecoveryState: int8('1+'),
        partitionEpoch: int32(),
      }),
    }),
  }),
  response: message('2-3', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: structs('0+', 'ResponseTopicData', {
      topicId: uuid('2+', { ignorable: true }),
      partitions: structs('0+', 'ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array('0+', 'int32'),
        leaderRecoveryState: int8('1+', { ignorable: true }),
        partitionEpoch: int32(),
      }),
    }),
  }),
});
