// StreamsGroupCurrentMemberAssignmentKey: key of the tasks that a streams group's member has.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  key: 22,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
