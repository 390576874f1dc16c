// RemoteLogSegmentMetadataRecord: Tiered storage: a segment is being copied to remote storage.

import {
  bool,
  bytes,
  embed,
  int32,
  int64,
  int8,
  message,
  standalone,
  string,
  structs,
  uuid,
} from './notation.ts';

export default standalone({
  name: 'RemoteLogSegmentMetadataRecord',
  key: 0,
  message: message('0', '0+', {
    remoteLogSegmentId: embed('0+', 'RemoteLogSegmentIdEntry', {
      topicIdPartition: embed('0+', 'TopicIdPartitionEntry', {
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
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
