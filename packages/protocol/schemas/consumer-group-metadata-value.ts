// ConsumerGroupMetadataValue: a consumer group's epoch, and a hash of the topics it is subscribed
// to.

import { int32, message, standalone, wideInt64 } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupMetadataValue',
  key: 3,
  message: message('0', '0+', {
    epoch: int32(),
    // A 64-bit hash of the topics subscribed to.
    metadataHash: wideInt64('0+', { tag: 0 }),
  }),
});
