// RemotePartitionDeleteMetadataRecord: Tiered storage: state of deleting a partition's remote
// segments.

import { embed, int32, int64, int8, message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'RemotePartitionDeleteMetadataRecord',
  key: 2,
  message: message('0', '0+', {
    topicIdPartition: embed('0+', 'TopicIdPartitionEntry', {
      name: string(),
      id: uuid(),
      partition: int32(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  }),
});
