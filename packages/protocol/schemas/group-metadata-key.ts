
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'GroupMetadataKey',
  key: 2,
  message: message('0', {}, {
    group: string('0'),
  }),
});
