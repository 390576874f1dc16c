// RemoteLogSegmentMetadataUpdateRecord: Tiered storage: a remote segment changed its state.

import { bytes, embed, int32, int64, int8, message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'RemoteLogSegmentMetadataUpdateRecord',
  key: 1,
  message: message('0', '0+', {
    remoteLogSegmentId: embed('0+', 'RemoteLogSegmentIdEntry', {
      topicIdPartition: embed('0+', 'TopicIdPartitionEntry', {
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: bytes('0+', { nullable: true, default: null }),
    remoteLogSegmentState: int8(),
  }),
});
