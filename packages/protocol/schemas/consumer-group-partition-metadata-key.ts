
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupPartitionMetadataKey',
  key: 4,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
