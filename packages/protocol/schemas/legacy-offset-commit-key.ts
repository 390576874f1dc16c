// LegacyOffsetCommitKey: key of a committed offset in the oldest form, read only.

import { int32, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'LegacyOffsetCommitKey',
  key: 0,
  message: message('0', 'none', {
    group: string('0'),
    topic: string('0'),
    partition: int32('0'),
  }),
});
