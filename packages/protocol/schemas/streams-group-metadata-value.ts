// StreamsGroupMetadataValue: a streams group's epoch, validated topology and last assignment
// configs.

import { int32, message, standalone, string, struct, structs, wideInt64 } from './notation.ts';

const lastAssignmentConfig = struct('LastAssignmentConfig', {
  key: string(),
  value: string(),
});

export default standalone({
  name: 'StreamsGroupMetadataValue',
  key: 17,
  message: message('0', '0+', {
    epoch: int32(),
    // A 64-bit hash of the topics subscribed to.
    metadataHash: wideInt64(),
    validatedTopologyEpoch: int32('0+', { default: -1, tag: 0 }),
    lastAssignmentConfigs: structs(
      { versions: '0+', nullable: true, tag: 1 },
      lastAssignmentConfig,
    ),
  }),
});
