// RequestHeader: in front of every request. The client id keeps the old string encoding in version
// 2 as well, so that a server can read it before it knows the version.

import { int16, int32, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'RequestHeader',
  message: message('1-2', '2+', {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string('1+', { nullable: true, neverCompact: true }),
  }),
});
