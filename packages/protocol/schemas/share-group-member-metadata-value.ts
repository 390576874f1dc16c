
import { array, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupMemberMetadataValue',
  key: 10,
  message: message('0', { flexible: '0+' }, {
    rackId: string('0+', { nullable: true }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array('0+', 'string'),
  }),
});
