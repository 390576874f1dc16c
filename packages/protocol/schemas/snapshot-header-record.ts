// SnapshotHeaderRecord: first control record of a metadata snapshot.

import { int16, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'SnapshotHeaderRecord',
  message: message('0', '0+', {
    version: int16(),
    lastContainedLogTimestamp: int64(),
  }),
});
