// StreamsGroupTargetAssignmentMetadataKey: key of a streams group's assignment epoch.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  key: 20,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
