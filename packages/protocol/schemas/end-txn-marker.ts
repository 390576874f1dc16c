// EndTxnMarker: value of the control records that commit or abort a transaction.

import { int32, message, standalone } from './notation.ts';

export default standalone({
  name: 'EndTxnMarker',
  message: message('0', 'none', {
    coordinatorEpoch: int32(),
  }),
});
