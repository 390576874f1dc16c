// OffsetCommitValue: a committed offset.

import { int32, int64, message, standalone, string, uuid } from './notation.ts';

export default standalone({
  name: 'OffsetCommitValue',
  key: 1,
  message: message('0-4', '4+', {
    offset: int64(),
    leaderEpoch: int32('3+', { default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64('1', { default: -1, ignorable: true }),
    topicId: uuid('4+', { tag: 0, ignorable: true }),
  }),
});
