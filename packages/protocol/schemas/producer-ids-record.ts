// ProducerIdsRecord: metadata record: which producer id is given out next.

import { int32, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'ProducerIdsRecord',
  key: 15,
  message: message('0', '0+', {
    brokerId: int32(),
    brokerEpoch: int64('0+', { default: -1 }),
    nextProducerId: int64(),
  }),
});
