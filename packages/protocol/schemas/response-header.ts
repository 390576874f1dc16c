
import { int32, message, standalone } from './notation.ts';

export default standalone({
  name: 'ResponseHeader',
  message: message('0-1', { flexible: '1+' }, {
    correlationId: int32(),
  }),
});
