// ShareGroupStatePartitionMetadataKey: key of which share partitions a share group has set up.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupStatePartitionMetadataKey',
  key: 15,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
