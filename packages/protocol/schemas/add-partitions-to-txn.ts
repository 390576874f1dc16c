
import { api, array, bool, int16, int32, int64, message, string, struct } from './notation.ts';

const addPartitionsToTxnTopic = struct('AddPartitionsToTxnTopic', {
  name: string(),
  partitions: array('0+', 'int32'),
});

const addPartitionsToTxnPartitionResult = struct('AddPartitionsToTxnPartitionResult', {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
});

const addPartitionsToTxnTopicResult = struct('AddPartitionsToTxnTopicResult', {
  name: string(),
  resultsByPartition: array('0+', addPartitionsToTxnPartitionResult),
});

export default api({
  key: 24,
  name: 'AddPartitionsToTxn',
  listeners: ['broker'],
  request: message('0-5', { flexible: '3+' }, {
    transactions: array('4+', struct('AddPartitionsToTxnTransaction', {
      transactionalId: string('4+'),
      producerId: int64('4+'),
      producerEpoch: int16('4+'),
      verifyOnly: bool('4+'),
      topics: array('4+', addPartitionsToTxnTopic),
    })),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array('0-3', addPartitionsToTxnTopic),
  }),
  response: message('0-5', { flexible: '3+' }, {
    throttleTimeMs: int32(),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: array('4+', struct('AddPartitionsToTxnResult', {
      transactionalId: string('4+'),
      topicResults: array('4+', addPartitionsToTxnTopicResult),
    })),
    resultsByTopicV3AndBelow: array('0-3', addPartitionsToTxnTopicResult),
  }),
});
