
import { array, bytes, embed, int32, message, standalone, string, struct } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupMemberMetadataValue',
  key: 5,
  message: message('0', { flexible: '0+' }, {
    instanceId: string('0+', { nullable: true }),
    rackId: string('0+', { nullable: true }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array('0+', 'string'),
    subscribedTopicRegex: string('0+', { nullable: true }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    serverAssignor: string('0+', { nullable: true }),
    classicMemberMetadata: embed('0+', struct('ClassicMemberMetadata', {
      sessionTimeoutMs: int32(),
      supportedProtocols: array('0+', struct('ClassicProtocol', {
        name: string(),
        metadata: bytes(),
      })),
    }), { nullable: true, tag: 0 }),
  }),
});
