// AlterReplicaLogDirs: moves replicas between the log directories of a broker.

import { api, array, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 34,
  name: 'AlterReplicaLogDirs',
  listeners: ['broker'],
  request: message('1-2', '2+', {
    dirs: structs('0+', 'AlterReplicaLogDir', {
      path: string(),
      topics: structs('0+', 'AlterReplicaLogDirTopic', {
        name: string(),
        partitions: array('0+', 'int32'),
      }),
    }),
  }),
  response: message('1-2', '2+', {
    throttleTimeMs: int32(),
    results: structs('0+', 'AlterReplicaLogDirTopicResult', {
      topicName: string(),
      partitions: structs('0+', 'AlterReplicaLogDirPartitionResult', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  }),
});
