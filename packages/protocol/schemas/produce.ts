
import { api, array, embed, int16, int32, int64, message, records, string, struct, uuid } from './notation.ts';

export default api({
  key: 0,
  name: 'Produce',
  listeners: ['broker'],
  request: message('3-13', { flexible: '9+' }, {
    transactionalId: string('3+', { nullable: true, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array('0+', struct('TopicProduceData', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionData: array('0+', struct('PartitionProduceData', {
        index: int32(),
        records: records('0+', { nullable: true }),
      })),
    })),
  }),
  response: message('3-13', { flexible: '9+' }, {
    responses: array('0+', struct('TopicProduceResponse', {
      name: string('0-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionResponses: array('0+', struct('PartitionProduceResponse', {
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64('2+', { default: -1, ignorable: true }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        recordErrors: array('8+', struct('BatchIndexAndErrorMessage', {
          batchIndex: int32('8+'),
          batchIndexErrorMessage: string('8+', { nullable: true, default: null }),
        }), { ignorable: true }),
        errorMessage: string('8+', { nullable: true, default: null, ignorable: true }),
        currentLeader: embed('10+', struct('LeaderIdAndEpoch', {
          leaderId: int32('10+', { default: -1 }),
          leaderEpoch: int32('10+', { default: -1 }),
        }), { tag: 0 }),
      })),
    })),
    throttleTimeMs: int32('1+', { ignorable: true }),
    nodeEndpoints: array('10+', struct('NodeEndpoint', {
      nodeId: int32('10+'),
      host: string('10+'),
      port: int32('10+'),
      rack: string('10+', { nullable: true, default: null }),
    }), { tag: 0 }),
  }),
});
