
import { api, array, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 47,
  name: 'OffsetDelete',
  listeners: ['broker'],
  request: message('0', {}, {
    groupId: string(),
    topics: array('0+', struct('OffsetDeleteRequestTopic', {
      name: string(),
      partitions: array('0+', struct('OffsetDeleteRequestPartition', {
        partitionIndex: int32(),
      })),
    })),
  }),
  response: message('0', {}, {
    errorCode: int16(),
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array('0+', struct('OffsetDeleteResponseTopic', {
      name: string(),
      partitions: array('0+', struct('OffsetDeleteResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  }),
});
