// FenceBrokerRecord: metadata record: a broker was fenced. Kept for old logs;
// BrokerRegistrationChangeRecord took over.

import { int32, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'FenceBrokerRecord',
  key: 7,
  message: message('0', '0+', {
    id: int32(),
    epoch: int64(),
  }),
});
