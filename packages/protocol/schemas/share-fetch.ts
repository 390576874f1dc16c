// ShareFetch: fetches records for a share group's member and acknowledges earlier ones.

import {
  api,
  array,
  bool,
  embed,
  int16,
  int32,
  int64,
  int8,
  message,
  records,
  string,
  structs,
  uuid,
} from './notation.ts';

export default api({
  key: 78,
  name: 'ShareFetch',
  listeners: ['broker'],
  request: message('1-2', '0+', {
    groupId: string('0+', { nullable: true, default: null }),
    memberId: string('0+', { nullable: true }),
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32('0+', { default: 2147483647 }),
    maxRecords: int32('1+'),
    batchSize: int32('1+'),
    shareAcquireMode: int8('2+', { ignorable: true }),
    isRenewAck: bool('2+'),
    topics: structs('0+', 'FetchTopic', {
      topicId: uuid(),
      partitions: structs('0+', 'FetchPartition', {
        partitionIndex: int32(),
        partitionMaxBytes: int32('0'),
        acknowledgementBatches: structs('0+', 'AcknowledgementBatch', {
          firstOffset: int64(),
          lastOffset: int64(),
          acknowledgeTypes: array('0+', 'int8'),
        }),
      }),
    }),
    forgottenTopicsData: structs('0+', 'ForgottenTopic', {
      topicId: uuid(),
      partitions: array('0+', 'int32'),
    }),
  }),
  response: message('1-2', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    acquisitionLockTimeoutMs: int32('1+'),
    responses: structs('0+', 'ShareFetchableTopicResponse', {
      topicId: uuid(),
      partitions: structs('0+', 'PartitionData', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true, default: null }),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: string('0+', { nullable: true, default: null }),
        currentLeader: embed('0+', 'LeaderIdAndEpoch', {
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        records: records('0+', { nullable: '0' }),
        acquiredRecords: structs('0+', 'AcquiredRecords', {
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryCount: int16(),
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
