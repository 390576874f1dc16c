
import { api, array, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 46,
  name: 'ListPartitionReassignments',
  listeners: ['broker', 'controller'],
  request: message('0', { flexible: '0+' }, {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: array('0+', struct('ListPartitionReassignmentsTopics', {
      name: string(),
      partitionIndexes: array('0+', 'int32'),
    }), { nullable: true, default: null }),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    topics: array('0+', struct('OngoingTopicReassignment', {
      name: string(),
      partitions: array('0+', struct('OngoingPartitionReassignment', {
        partitionIndex: int32(),
        replicas: array('0+', 'int32'),
        addingReplicas: array('0+', 'int32'),
        removingReplicas: array('0+', 'int32'),
      })),
    })),
  }),
});
