// ConsumerGroupMemberMetadataValue: a consumer group's member: subscription, host, assignor; and
// what a classic member brought along. Absent and null differ for the latter, as in Kafka.

import { array, bytes, embed, int32, message, standalone, string, structs } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupMemberMetadataValue',
  key: 5,
  message: message('0', '0+', {
    instanceId: string('0+', { nullable: true }),
    rackId: string('0+', { nullable: true }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array('0+', 'string'),
    subscribedTopicRegex: string('0+', { nullable: true }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    serverAssignor: string('0+', { nullable: true }),
    classicMemberMetadata: embed(
      { versions: '0+', nullable: true, tag: 0 },
      'ClassicMemberMetadata',
      {
        sessionTimeoutMs: int32(),
        supportedProtocols: structs('0+', 'ClassicProtocol', {
          name: string(),
          metadata: bytes(),
        }),
      },
    ),
  }),
});
