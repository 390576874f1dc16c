
import { api, array, int16, int32, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 86,
  name: 'DeleteShareGroupState',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    groupId: string(),
    topics: array('0+', struct('DeleteStateData', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionData', {
        partition: int32(),
      })),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    results: array('0+', struct('DeleteStateResult', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      })),
    })),
  }),
});
