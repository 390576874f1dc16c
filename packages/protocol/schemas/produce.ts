// Produce: appends record batches to partitions. Versions below 3 are gone; a client may still see
// 0 advertised (KAFKA-18659).

import {
  api,
  embed,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  structs,
  uuid,
} from './notation.ts';

export default api({
  key: 0,
  name: 'Produce',
  listeners: ['broker'],
  request: message('3-13', '9+', {
    transactionalId: string('3+', { nullable: true, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: structs('0+', 'TopicProduceData', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionData: structs('0+', 'PartitionProduceData', {
        index: int32(),
        records: records('0+', { nullable: true }),
      }),
    }),
  }),
  response: message('3-13', '9+', {
    responses: structs('0+', 'TopicProduceResponse', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionResponses: structs('0+', 'PartitionProduceResponse', {
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64('2+', { default: -1, ignorable: true }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        recordErrors: structs({ versions: '8+', ignorable: true }, 'BatchIndexAndErrorMessage', {
          batchIndex: int32('8+'),
          batchIndexErrorMessage: string('8+', { nullable: true, default: null }),
        }),
        errorMessage: string('8+', { nullable: true, default: null, ignorable: true }),
        currentLeader: embed({ versions: '10+', tag: 0 }, 'LeaderIdAndEpoch', {
          leaderId: int32('10+', { default: -1 }),
          leaderEpoch: int32('10+', { default: -1 }),
        }),
      }),
    }),
    throttleTimeMs: int32('1+', { ignorable: true }),
    nodeEndpoints: structs({ versions: '10+', tag: 0 }, 'NodeEndpoint', {
      nodeId: int32('10+'),
      host: string('10+'),
      port: int32('10+'),
      rack: string('10+', { nullable: true, default: null }),
    }),
  }),
});
