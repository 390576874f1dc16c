// ShareGroupMemberMetadataValue: a share group's member.

import { array, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupMemberMetadataValue',
  key: 10,
  message: message('0', '0+', {
    rackId: string('0+', { nullable: true }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array('0+', 'string'),
  }),
});
