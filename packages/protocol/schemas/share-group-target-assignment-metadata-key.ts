
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  key: 12,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
