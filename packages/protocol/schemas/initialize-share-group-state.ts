
import { api, array, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 83,
  name: 'InitializeShareGroupState',
  listeners: ['broker'],
  request: message('0', { flexible: '0+' }, {
    groupId: string(),
    topics: array('0+', struct('InitializeStateData', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionData', {
        partition: int32(),
        stateEpoch: int32(),
        startOffset: int64(),
      })),
    })),
  }),
  response: message('0', { flexible: '0+' }, {
    results: array('0+', struct('InitializeStateResult', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionResult', {
        partition: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
      })),
    })),
  }),
});
