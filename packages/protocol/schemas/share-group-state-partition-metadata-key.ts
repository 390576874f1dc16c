
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupStatePartitionMetadataKey',
  key: 15,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
