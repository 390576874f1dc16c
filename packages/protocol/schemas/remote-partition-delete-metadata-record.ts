
import { embed, int32, int64, int8, message, standalone, string, struct, uuid } from './notation.ts';

export default standalone({
  name: 'RemotePartitionDeleteMetadataRecord',
  key: 2,
  message: message('0', { flexible: '0+' }, {
    topicIdPartition: embed('0+', struct('TopicIdPartitionEntry', {
      name: string(),
      id: uuid(),
      partition: int32(),
    })),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  }),
});
