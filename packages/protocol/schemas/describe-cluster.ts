// DescribeCluster: tells cluster id, controller and brokers or controllers.

import { api, bool, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 60,
  name: 'DescribeCluster',
  listeners: ['broker', 'controller'],
  request: message('0-2', '0+', {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8('1+', { default: 1 }),
    includeFencedBrokers: bool('2+'),
  }),
  response: message('0-2', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true, default: null }),
    endpointType: int8('1+', { default: 1 }),
    clusterId: string(),
    controllerId: int32('0+', { default: -1 }),
    brokers: structs('0+', 'DescribeClusterBroker', {
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string('0+', { nullable: true, default: null }),
      isFenced: bool('2+'),
    }),
    clusterAuthorizedOperations: int32('0+', { default: -2147483648 }),
  }),
});
