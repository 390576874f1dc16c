// DeleteShareGroupState: the group coordinator deletes the state of a share partition.

import { api, int16, int32, message, string, structs, uuid } from './notation.ts';

export default api({
  key: 86,
  name: 'DeleteShareGroupState',
  listeners: ['broker'],
  clusterAction: true,
  request: message('0', '0+', {
    groupId: string(),
    topics: structs('0+', 'DeleteStateData', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partition: int32(),
      }),
    }),
  }),
  response: message('0', '0+', {
    results: structs('0+', 'DeleteStateResult', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      }),
    }),
  }),
});
