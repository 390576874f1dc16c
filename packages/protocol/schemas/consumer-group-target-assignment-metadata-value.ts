// ConsumerGroupTargetAssignmentMetadataValue: a consumer group's assignment epoch.

import { int32, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  key: 6,
  message: message('0', '0+', {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64('0+', { tag: 0, ignorable: true }),
  }),
});
