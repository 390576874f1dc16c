// DescribeProducers: tells the state of idempotent producers in partitions (KIP-664).

import { api, array, int16, int32, int64, message, string, structs } from './notation.ts';

export default api({
  key: 61,
  name: 'DescribeProducers',
  listeners: ['broker'],
  request: message('0', '0+', {
    topics: structs('0+', 'TopicRequest', {
      name: string(),
      partitionIndexes: array('0+', 'int32'),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    topics: structs('0+', 'TopicResponse', {
      name: string(),
      partitions: structs('0+', 'PartitionResponse', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        activeProducers: structs('0+', 'ProducerState', {
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32('0+', { default: -1 }),
          lastTimestamp: int64('0+', { default: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64('0+', { default: -1 }),
        }),
      }),
    }),
  }),
});
