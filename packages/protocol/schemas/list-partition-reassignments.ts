// ListPartitionReassignments: lists the reassignments under way.

import { api, array, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 46,
  name: 'ListPartitionReassignments',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0', '0+', {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: structs(
      { versions: '0+', nullable: true, default: null },
      'ListPartitionReassignmentsTopics',
      {
        name: string(),
        partitionIndexes: array('0+', 'int32'),
      },
    ),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    topics: structs('0+', 'OngoingTopicReassignment', {
      name: string(),
      partitions: structs('0+', 'OngoingPartitionReassignment', {
        partitionIndex: int32(),
        replicas: array('0+', 'int32'),
        addingReplicas: array('0+', 'int32'),
        removingReplicas: array('0+', 'int32'),
      }),
    }),
  }),
});
