// StreamsGroupTargetAssignmentMemberKey: key of the tasks that a streams group's member shall have.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  key: 21,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
