// ShareGroupMetadataKey: key of a share group's epoch.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupMetadataKey',
  key: 11,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
