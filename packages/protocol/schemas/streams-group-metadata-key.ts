// StreamsGroupMetadataKey: key of a streams group's epoch.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupMetadataKey',
  key: 17,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
