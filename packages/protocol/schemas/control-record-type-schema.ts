// ControlRecordTypeSchema: key of a control record.

import { int16, message, standalone } from './notation.ts';

export default standalone({
  name: 'ControlRecordTypeSchema',
  message: message('0', 'none', {
    type: int16(),
  }),
});
