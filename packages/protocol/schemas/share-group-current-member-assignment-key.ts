// ShareGroupCurrentMemberAssignmentKey: key of what a share group's member has.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  key: 14,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
