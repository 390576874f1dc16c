// DeleteShareGroupOffsets: deletes the start offsets of share groups by topic.

import { api, int16, int32, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  listeners: ['broker'],
  request: message('0', '0+', {
    groupId: string(),
    topics: structs('0+', 'DeleteShareGroupOffsetsRequestTopic', {
      topicName: string(),
    }),
  }),
  response: message('0', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    responses: structs('0+', 'DeleteShareGroupOffsetsResponseTopic', {
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
    }),
  }),
});
