
import { api, array, bool, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 37,
  name: 'CreatePartitions',
  listeners: ['broker', 'controller'],
  request: message('0-3', { flexible: '2+' }, {
    topics: array('0+', struct('CreatePartitionsTopic', {
      name: string(),
      count: int32(),
      assignments: array('0+', struct('CreatePartitionsAssignment', {
        brokerIds: array('0+', 'int32'),
      }), { nullable: true }),
    })),
    timeoutMs: int32(),
    validateOnly: bool(),
  }),
  response: message('0-3', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    results: array('0+', struct('CreatePartitionsTopicResult', {
      name: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
    })),
  }),
});
