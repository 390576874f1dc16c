// ShareSnapshotValue: a share partition's whole state.

import { int16, int32, int64, int8, message, standalone, structs } from './notation.ts';

export default standalone({
  name: 'ShareSnapshotValue',
  key: 0,
  message: message('0', '0+', {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32('0+', { default: -1, tag: 0 }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: structs('0+', 'StateBatch', {
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  }),
});
