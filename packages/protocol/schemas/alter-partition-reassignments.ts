// AlterPartitionReassignments: starts or cancels moving partitions to other brokers (KIP-455).

import { api, array, bool, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 45,
  name: 'AlterPartitionReassignments',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0-1', '0+', {
    timeoutMs: int32('0+', { default: 60000 }),
    allowReplicationFactorChange: bool('1+', { default: true }),
    topics: structs('0+', 'ReassignableTopic', {
      name: string(),
      partitions: structs('0+', 'ReassignablePartition', {
        partitionIndex: int32(),
        replicas: array('0+', 'int32', { nullable: true, default: null }),
      }),
    }),
  }),
  response: message('0-1', '0+', {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool('1+', { default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    responses: structs('0+', 'ReassignableTopicResponse', {
      name: string(),
      partitions: structs('0+', 'ReassignablePartitionResponse', {
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: true }),
      }),
    }),
  }),
});
