// OffsetDelete: deletes a group's committed offsets of partitions (KIP-496).

import { api, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 47,
  name: 'OffsetDelete',
  listeners: ['broker'],
  request: message('0', 'none', {
    groupId: string(),
    topics: structs('0+', 'OffsetDeleteRequestTopic', {
      name: string(),
      partitions: structs('0+', 'OffsetDeleteRequestPartition', {
        partitionIndex: int32(),
      }),
    }),
  }),
  response: message('0', 'none', {
    errorCode: int16(),
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: structs('0+', 'OffsetDeleteResponseTopic', {
      name: string(),
      partitions: structs('0+', 'OffsetDeleteResponsePartition', {
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  }),
});
