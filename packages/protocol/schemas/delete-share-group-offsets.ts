
import { api, array, int16, int32, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    groupId: string(),
    topics: array('0+', struct('DeleteShareGroupOffsetsRequestTopic', {
      topicName: string(),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    responses: array('0+', struct('DeleteShareGroupOffsetsResponseTopic', {
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true, default: null }),
    })),
  }),
});
