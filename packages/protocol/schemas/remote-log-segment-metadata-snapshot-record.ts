// RemoteLogSegmentMetadataSnapshotRecord: Tiered storage: a remote segment in the snapshot file of
// the metadata cache.

import { bool, bytes, int32, int64, int8, message, standalone, structs, uuid } from './notation.ts';

export default standalone({
  name: 'RemoteLogSegmentMetadataSnapshotRecord',
  key: 3,
  message: message('0', '0+', {
    segmentId: uuid(),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: structs('0+', 'SegmentLeaderEpochEntry', {
      leaderEpoch: int32(),
      offset: int64(),
    }),
    segmentSizeInBytes: int32(),
    customMetadata: bytes('0+', { nullable: true, default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: bool('0+', { tag: 0 }),
  }),
});
