// RegisterBrokerRecord: metadata record: a broker has registered.

import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  standalone,
  string,
  structs,
  uint16,
  uuid,
} from './notation.ts';

export default standalone({
  name: 'RegisterBrokerRecord',
  key: 0,
  message: message('0-4', '0+', {
    brokerId: int32(),
    isMigratingZkBroker: bool('2+'),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: structs('0+', 'BrokerEndpoint', {
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: structs('0+', 'BrokerFeature', {
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
    rack: string('0+', { nullable: true }),
    fenced: bool('0+', { default: true }),
    inControlledShutdown: bool('1+'),
    logDirs: array('3+', 'uuid', { tag: 0 }),
    cordonedLogDirs: array('4+', 'uuid', { nullable: true, default: null, tag: 1 }),
  }),
});
