// ShareUpdateValue: a change to a share partition's state since its snapshot.

import { int16, int32, int64, int8, message, standalone, structs } from './notation.ts';

export default standalone({
  name: 'ShareUpdateValue',
  key: 1,
  message: message('0', '0+', {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32('0+', { default: -1, tag: 0 }),
    stateBatches: structs('0+', 'StateBatch', {
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  }),
});
