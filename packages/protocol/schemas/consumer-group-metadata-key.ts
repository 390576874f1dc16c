
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupMetadataKey',
  key: 3,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
