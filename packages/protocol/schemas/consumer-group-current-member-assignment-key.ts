// ConsumerGroupCurrentMemberAssignmentKey: key of what a consumer group's member has.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  key: 8,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
