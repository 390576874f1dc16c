// StreamsGroupMemberMetadataKey: key of a streams group's member.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupMemberMetadataKey',
  key: 19,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
