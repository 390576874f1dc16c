
import { api, array, int16, int32, int64, message, string, struct } from './notation.ts';

export default api({
  key: 61,
  name: 'DescribeProducers',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    topics: array('0+', struct('TopicRequest', {
      name: string(),
      partitionIndexes: array('0+', 'int32'),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    topics: array('0+', struct('TopicResponse', {
      name: string(),
      partitions: array('0+', struct('PartitionResponse', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        activeProducers: array('0+', struct('ProducerState', {
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32('0+', { default: -1 }),
          lastTimestamp: int64('0+', { default: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64('0+', { default: -1 }),
        })),
      })),
    })),
  }),
});
