// GroupMetadataKey: key of a classic group.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'GroupMetadataKey',
  key: 2,
  message: message('0', 'none', {
    group: string('0'),
  }),
});
