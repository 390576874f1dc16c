// BrokerRegistrationChangeRecord: metadata record: a broker was fenced, unfenced, or entered
// controlled shutdown, or its directories changed.

import { array, int32, int64, int8, message, standalone } from './notation.ts';

export default standalone({
  name: 'BrokerRegistrationChangeRecord',
  key: 17,
  message: message('0-3', '0+', {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8('0+', { tag: 0 }),
    inControlledShutdown: int8('1+', { tag: 1 }),
    logDirs: array('2+', 'uuid', { tag: 2 }),
    cordonedLogDirs: array('3+', 'uuid', { nullable: true, default: null, tag: 3 }),
  }),
});
