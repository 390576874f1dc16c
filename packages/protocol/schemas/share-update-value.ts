
import { array, int16, int32, int64, int8, message, standalone, struct } from './notation.ts';

export default standalone({
  name: 'ShareUpdateValue',
  key: 1,
  message: message('0', { flexible: '0+' }, {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32('0+', { default: -1, tag: 0 }),
    stateBatches: array('0+', struct('StateBatch', {
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    })),
  }),
});
