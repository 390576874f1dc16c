// AddPartitionsToTxn: adds partitions to a transaction; batches of transactions from broker to
// coordinator since version 4 (KIP-890).

import {
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  structs,
} from './notation.ts';

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
  resultsByPartition: structs('0+', addPartitionsToTxnPartitionResult),
});

export default api({
  key: 24,
  name: 'AddPartitionsToTxn',
  listeners: ['broker'],
  request: message('0-5', '3+', {
    transactions: structs('4+', 'AddPartitionsToTxnTransaction', {
      transactionalId: string('4+'),
      producerId: int64('4+'),
      producerEpoch: int16('4+'),
      verifyOnly: bool('4+'),
      topics: structs('4+', addPartitionsToTxnTopic),
    }),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: structs('0-3', addPartitionsToTxnTopic),
  }),
  response: message('0-5', '3+', {
    throttleTimeMs: int32(),
    errorCode: int16('4+', { ignorable: true }),
    resultsByTransaction: structs('4+', 'AddPartitionsToTxnResult', {
      transactionalId: string('4+'),
      topicResults: structs('4+', addPartitionsToTxnTopicResult),
    }),
    resultsByTopicV3AndBelow: structs('0-3', addPartitionsToTxnTopicResult),
  }),
});
