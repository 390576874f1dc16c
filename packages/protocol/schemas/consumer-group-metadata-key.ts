// ConsumerGroupMetadataKey: key of a consumer group's epoch.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupMetadataKey',
  key: 3,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
