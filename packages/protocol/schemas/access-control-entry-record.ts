// AccessControlEntryRecord: metadata record: an ACL exists.

import { int8, message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'AccessControlEntryRecord',
  key: 18,
  message: message('0', '0+', {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  }),
});
