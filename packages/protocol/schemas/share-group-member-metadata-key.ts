// ShareGroupMemberMetadataKey: key of a share group's member.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupMemberMetadataKey',
  key: 10,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
