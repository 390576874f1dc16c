// ShareGroupTargetAssignmentMemberKey: key of what a share group's member shall have.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupTargetAssignmentMemberKey',
  key: 13,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
