// RemoveUserScramCredentialRecord: metadata record: a user's SCRAM credential was removed.

import { int8, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'RemoveUserScramCredentialRecord',
  key: 22,
  message: message('0', '0+', {
    name: string(),
    mechanism: int8(),
  }),
});
