// SnapshotFooterRecord: last control record of a metadata snapshot.

import { int16, message, standalone } from './notation.ts';

export default standalone({
  name: 'SnapshotFooterRecord',
  message: message('0', '0+', {
    version: int16(),
  }),
});
