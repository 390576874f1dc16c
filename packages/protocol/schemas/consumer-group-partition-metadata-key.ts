// ConsumerGroupPartitionMetadataKey: key of what a consumer group knew of its topics; no longer
// written.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupPartitionMetadataKey',
  key: 4,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
