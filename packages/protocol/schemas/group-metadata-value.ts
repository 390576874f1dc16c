// GroupMetadataValue: a classic group: generation, protocol, members with subscription and
// assignment.

import { bytes, int32, int64, message, standalone, string, struct, structs } from './notation.ts';

const memberMetadata = struct('MemberMetadata', {
  memberId: string(),
  groupInstanceId: string('3+', { nullable: true, default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  rebalanceTimeout: int32('1+', { default: -1, ignorable: true }),
  sessionTimeout: int32(),
  subscription: bytes(),
  assignment: bytes(),
});

export default standalone({
  name: 'GroupMetadataValue',
  key: 2,
  message: message('0-4', '4+', {
    protocolType: string(),
    generation: int32(),
    protocol: string('0+', { nullable: true }),
    leader: string('0+', { nullable: true }),
    currentStateTimestamp: int64('2+', { default: -1, ignorable: true }),
    members: structs('0+', memberMetadata),
  }),
});
