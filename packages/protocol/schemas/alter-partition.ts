
import { api, array, int16, int32, int64, int8, message, struct, uuid } from './notation.ts';

export default api({
  key: 56,
  name: 'AlterPartition',
  listeners: ['controller'],
  request: message('2-3', { flexible: '0+' }, {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
    topics: array('0+', struct('RequestTopicData', {
      topicId: uuid('2+', { ignorable: true }),
      partitions: array('0+', struct('RequestPartitionData', {
        partitionIndex: int32(),
        leaderEpoch: int32(),
        newIsr: array('0-2', 'int32'),
        newIsrWithEpochs: array('3+', struct('BrokerState', {
          brokerId: int32('3+'),
          brokerEpoch: int64('3+', { default: -1 }),
        })),
        leaderRecoveryState: int8('1+'),
        partitionEpoch: int32(),
      })),
    })),
  }),
  response: message('2-3', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array('0+', struct('ResponseTopicData', {
      topicId: uuid('2+', { ignorable: true }),
      partitions: array('0+', struct('ResponsePartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array('0+', 'int32'),
        leaderRecoveryState: int8('1+', { ignorable: true }),
        partitionEpoch: int32(),
      })),
    })),
  }),
});
