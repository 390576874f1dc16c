// RemoveAccessControlEntryRecord: metadata record: an ACL was removed.

import { message, standalone, uuid } from './notation.ts';

export default standalone({
  name: 'RemoveAccessControlEntryRecord',
  key: 19,
  message: message('0', '0+', {
    id: uuid(),
  }),
});
