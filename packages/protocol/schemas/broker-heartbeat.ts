// BrokerHeartbeat: a broker says that it lives and how far it has read the metadata, and is told
// whether it is fenced.

import { api, array, bool, int16, int32, int64, message } from './notation.ts';

export default api({
  key: 63,
  name: 'BrokerHeartbeat',
  listeners: ['controller'],
  clusterAction: true,
  request: message('0-2', '0+', {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array('1+', 'uuid', { tag: 0 }),
    cordonedLogDirs: array('2+', 'uuid', { nullable: true, default: null, tag: 1 }),
  }),
  response: message('0-2', '0+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool('0+', { default: true }),
    shouldShutDown: bool(),
  }),
});
