
import { api, array, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 91,
  name: 'AlterShareGroupOffsets',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    groupId: string(),
    topics: array('0+', struct('AlterShareGroupOffsetsRequestTopic', {
      topicName: string(),
      partitions: array('0+', struct('AlterShareGroupOffsetsRequestPartition', {
        partitionIndex: int32(),
        startOffset: int64(),
      })),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    responses: array('0+', struct('AlterShareGroupOffsetsResponseTopic', {
      topicName: string(),
      topicId: uuid(),
      partitions: array('0+', struct('AlterShareGroupOffsetsResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      })),
    })),
  }),
});
