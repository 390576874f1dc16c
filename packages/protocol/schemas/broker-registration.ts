// BrokerRegistration: a broker registers with the controller when it starts.

import {
  api,
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  string,
  structs,
  uint16,
  uuid,
} from './notation.ts';

export default api({
  key: 62,
  name: 'BrokerRegistration',
  listeners: ['controller'],
  clusterAction: true,
  request: message('0-4', '0+', {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: structs('0+', 'Listener', {
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: structs('0+', 'Feature', {
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: string('0+', { nullable: true }),
    isMigratingZkBroker: bool('1+'),
    logDirs: array('2+', 'uuid', { ignorable: true }),
    previousBrokerEpoch: int64('3+', { default: -1, ignorable: true }),
  }),
  response: message('0-4', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    brokerEpoch: int64('0+', { default: -1 }),
  }),
});
