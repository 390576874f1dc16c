
import { array, bool, bytes, int32, int64, int8, message, standalone, struct, uuid } from './notation.ts';

export default standalone({
  name: 'RemoteLogSegmentMetadataSnapshotRecord',
  key: 3,
  message: message('0', { flexible: '0+' }, {
    segmentId: uuid(),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array('0+', struct('SegmentLeaderEpochEntry', {
      leaderEpoch: int32(),
      offset: int64(),
    })),
    segmentSizeInBytes: int32(),
    customMetadata: bytes('0+', { nullable: true, default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: bool('0+', { tag: 0 }),
  }),
});
