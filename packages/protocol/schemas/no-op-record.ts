// NoOpRecord: metadata record without meaning: lets the committed offset move when nothing happens.

import { message, standalone } from './notation.ts';

export default standalone({
  name: 'NoOpRecord',
  key: 20,
  message: message('0', '0+', {}),
});
