
import { array, embed, int32, message, standalone, string, struct, uint16 } from './notation.ts';

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
  message: message('0', { flexible: '0+' }, {
    instanceId: string('0+', { nullable: true }),
    rackId: string('0+', { nullable: true }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: embed('0+', endpoint, { nullable: true, default: null }),
    clientTags: array('0+', keyValue),
  }),
});
