
import { int32, int64, message, standalone } from './notation.ts';

export default standalone({
  name: 'FenceBrokerRecord',
  key: 7,
  message: message('0', { flexible: '0+' }, {
    id: int32(),
    epoch: int64(),
  }),
});
