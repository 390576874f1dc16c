// UserScramCredentialRecord: metadata record: a user's SCRAM credential was set.

import { bytes, int32, int8, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'UserScramCredentialRecord',
  key: 11,
  message: message('0', '0+', {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  }),
});
