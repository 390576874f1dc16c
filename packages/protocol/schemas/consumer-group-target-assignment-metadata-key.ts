// ConsumerGroupTargetAssignmentMetadataKey: key of a consumer group's assignment epoch.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  key: 6,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
