// ConsumerGroupTargetAssignmentMemberKey: key of what a consumer group's member shall have.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  key: 7,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
