// ConfigRecord: metadata record: a config was set, or deleted by null.

import { int8, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'ConfigRecord',
  key: 4,
  message: message('0', '0+', {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: string('0+', { nullable: true }),
  }),
});
