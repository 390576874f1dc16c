// ResponseHeader: in front of every response.

import { int32, message, standalone } from './notation.ts';

export default standalone({
  name: 'ResponseHeader',
  message: message('0-1', '1+', {
    correlationId: int32(),
  }),
});
