// ConsumerGroupMemberMetadataKey: key of a consumer group's member.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupMemberMetadataKey',
  key: 5,
  message: message('0', 'none', {
    groupId: string('0'),
    memberId: string('0'),
  }),
});
