
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  key: 6,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
