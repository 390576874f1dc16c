// ShareAcknowledge: acknowledges records of a share group without fetching.

import {
  api,
  array,
  bool,
  embed,
  int16,
  int32,
  int64,
  message,
  string,
  structs,
  uuid,
} from './notation.ts';

export default api({
  key: 79,
  name: 'ShareAcknowledge',
  listeners: ['broker'],
  request: message('1-2', '0+', {
    groupId: string('0+', { nullable: true, default: null }),
    memberId: string('0+', { nullable: true }),
    shareSessionEpoch: int32(),
    isRenewAck: bool('2+'),
    topics: structs('0+', 'AcknowledgeTopic', {
      topicId: uuid(),
      partitions: structs('0+', 'AcknowledgePartition', {
        partitionIndex: int32(),
        acknowledgementBatches: structs('0+', 'AcknowledgementBatch', {
          firstOffset: int64(),
          lastOffset: int64(),
          acknowledgeTypes: array('0+', 'int8'),
        }),
      }),
    }),
  }),
  response: message('1-2', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    acquisitionLockTimeoutMs: int32('2+', { ignorable: true }),
    responses: structs('0+', 'ShareAcknowledgeTopicResponse', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        currentLeader: embed('0+', 'LeaderIdAndEpoch', {
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
      }),
    }),
    nodeEndpoints: structs('0+', 'NodeEndpoint', {
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string('0+', { nullable: true, default: null }),
    }),
  }),
});
