// OffsetCommitKey: key of a committed offset.

import { int32, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'OffsetCommitKey',
  key: 1,
  message: message('0', 'none', {
    group: string('0'),
    topic: string('0'),
    partition: int32('0'),
  }),
});
