
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupMetadataKey',
  key: 17,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
