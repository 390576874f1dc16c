// StreamsGroupMemberMetadataValue: a streams group's member: process, endpoint, tags, topology
// epoch.

import { embed, int32, message, standalone, string, struct, structs, uint16 } from './notation.ts';

const endpoint = struct('Endpoint', {
  host: string(),
  port: uint16(),
});

const keyValue = struct('KeyValue', {
  key: string(),
  value: string(),
});

export default standalone({
  name: 'StreamsGroupMemberMetadataValue',
  key: 19,
  message: message('0', '0+', {
    instanceId: string('0+', { nullable: true }),
    rackId: string('0+', { nullable: true }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: embed({ versions: '0+', nullable: true, default: null }, endpoint),
    clientTags: structs('0+', keyValue),
  }),
});
