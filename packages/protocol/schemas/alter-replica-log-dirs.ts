
import { api, array, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  listeners: ['broker'],
  request: message('1-2', { flexible: '2+' }, {
    dirs: array('0+', struct('AlterReplicaLogDir', {
      path: string(),
      topics: array('0+', struct('AlterReplicaLogDirTopic', {
        name: string(),
        partitions: array('0+', 'int32'),
      })),
    })),
  }),
  response: message('1-2', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    results: array('0+', struct('AlterReplicaLogDirTopicResult', {
      topicName: string(),
      partitions: array('0+', struct('AlterReplicaLogDirPartitionResult', {
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  }),
});
