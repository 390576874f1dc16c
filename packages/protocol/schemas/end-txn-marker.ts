
import { int32, message, standalone } from './notation.ts';

export default standalone({
  name: 'EndTxnMarker',
  message: message('0', {}, {
    coordinatorEpoch: int32(),
  }),
});
