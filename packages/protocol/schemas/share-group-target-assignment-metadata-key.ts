// ShareGroupTargetAssignmentMetadataKey: key of a share group's assignment epoch.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  key: 12,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
