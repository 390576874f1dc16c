// LegacyOffsetCommitValue: value of a committed offset in the oldest form, read only.

import { int64, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'LegacyOffsetCommitValue',
  key: 0,
  message: message('0', 'none', {
    offset: int64('0'),
    metadata: string('0'),
    commitTimestamp: int64('0'),
  }),
});
