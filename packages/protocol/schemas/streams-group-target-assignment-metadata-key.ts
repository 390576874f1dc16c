
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  key: 20,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
