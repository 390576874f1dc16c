
import { api, array, bool, embed, int16, int32, int64, message, string, struct, uuid } from './notation.ts';

export default api({
  key: 79,
  name: 'ShareAcknowledge',
  listeners: ['broker'],
  request: message('1-2', { flexible: '0+' }, {
    groupId: string('0+', { nullable: true, default: null }),
    memberId: string('0+', { nullable: true }),
    shareSessionEpoch: int32(),
    isRenewAck: bool('2+'),
    topics: array('0+', struct('AcknowledgeTopic', {
      topicId: uuid(),
      partitions: array('0+', struct('AcknowledgePartition', {
        partitionIndex: int32(),
        acknowledgementBatches: array('0+', struct('AcknowledgementBatch', {
          firstOffset: int64(),
          lastOffset: int64(),
          acknowledgeTypes: array('0+', 'int8'),
        })),
      })),
    })),
  }),
  response: message('1-2', { flexible: '0+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    acquisitionLockTimeoutMs: int32('2+', { ignorable: true }),
    responses: array('0+', struct('ShareAcknowledgeTopicResponse', {
      topicId: uuid(),
      partitions: array('0+', struct('PartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        currentLeader: embed('0+', struct('LeaderIdAndEpoch', {
          leaderId: int32(),
          leaderEpoch: int32(),
        })),
      })),
    })),
    nodeEndpoints: array('0+', struct('NodeEndpoint', {
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string('0+', { nullable: true, default: null }),
    })),
  }),
});
