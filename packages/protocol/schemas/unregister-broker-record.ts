// UnregisterBrokerRecord: metadata record: a broker's registration is gone.

import { int32, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'UnregisterBrokerRecord',
  key: 1,
  message: message('0', '0+', {
    brokerId: int32(),
    brokerEpoch: int64(),
  }),
});
