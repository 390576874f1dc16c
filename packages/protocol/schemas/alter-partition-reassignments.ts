
import { api, array, bool, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 45,
  name: 'AlterPartitionReassignments',
  listeners: ['broker', 'controller'],
  request: message('0-1', { flexible: '0+' }, {
    timeoutMs: int32('0+', { default: 60000 }),
    allowReplicationFactorChange: bool('1+', { default: true }),
    topics: array('0+', struct('ReassignableTopic', {
      name: string(),
      partitions: array('0+', struct('ReassignablePartition', {
        partitionIndex: int32(),
        replicas: array('0+', 'int32', { nullable: true, default: null }),
      })),
    })),
  }),
  response: message('0-1', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool('1+', { default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    responses: array('0+', struct('ReassignableTopicResponse', {
      name: string(),
      partitions: array('0+', struct('ReassignablePartitionResponse', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true }),
      })),
    })),
  }),
});
