
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupMetadataKey',
  key: 11,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
