// CreatePartitions: adds partitions to topics.

import { api, array, bool, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 37,
  name: 'CreatePartitions',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0-3', '2+', {
    topics: structs('0+', 'CreatePartitionsTopic', {
      name: string(),
      count: int32(),
      assignments: structs({ versions: '0+', nullable: true }, 'CreatePartitionsAssignment', {
        brokerIds: array('0+', 'int32'),
      }),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  }),
  response: message('0-3', '2+', {
    throttleTimeMs: int32(),
    results: structs('0+', 'CreatePartitionsTopicResult', {
      name: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
    }),
  }),
});
