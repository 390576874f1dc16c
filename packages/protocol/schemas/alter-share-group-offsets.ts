// AlterShareGroupOffsets: sets the start offsets of an empty share group.

import { api, int16, int32, int64, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 91,
  name: 'AlterShareGroupOffsets',
  listeners: ['broker'],
  request: message('0', '0+', {
    groupId: string(),
    topics: structs('0+', 'AlterShareGroupOffsetsRequestTopic', {
      topicName: string(),
      partitions: structs('0+', 'AlterShareGroupOffsetsRequestPartition', {
        partitionIndex: int32(),
        startOffset: int64(),
      }),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    responses: structs('0+', 'AlterShareGroupOffsetsResponseTopic', {
      topicName: string(),
      topicId: uuid(),
      partitions: structs('0+', 'AlterShareGroupOffsetsResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      }),
    }),
  }),
});
