
import { array, bool, bytes, embed, int32, int64, int8, message, standalone, string, struct, uuid } from './notation.ts';

export default standalone({
  name: 'RemoteLogSegmentMetadataRecord',
  key: 0,
  message: message('0', { flexible: '0+' }, {
    remoteLogSegmentId: embed('0+', struct('RemoteLogSegmentIdEntry', {
      topicIdPartition: embed('0+', struct('TopicIdPartitionEntry', {
        name: string(),
        id: uuid(),
        partition: int32(),
      })),
      id: uuid(),
    })),
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
