
import { bytes, embed, int32, int64, int8, message, standalone, string, struct, uuid } from './notation.ts';

export default standalone({
  name: 'RemoteLogSegmentMetadataUpdateRecord',
  key: 1,
  message: message('0', { flexible: '0+' }, {
    remoteLogSegmentId: embed('0+', struct('RemoteLogSegmentIdEntry', {
      topicIdPartition: embed('0+', struct('TopicIdPartitionEntry', {
        name: string(),
        id: uuid(),
        partition: int32(),
      })),
      id: uuid(),
    })),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: bytes('0+', { nullable: true, default: null }),
    remoteLogSegmentState: int8(),
  }),
});
