
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  key: 21,
  message: message('0', {}, {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
