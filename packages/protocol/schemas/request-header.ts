
import { int16, int32, message, standalone, string } from './notation.ts';

export default standalone({
  name: 'RequestHeader',
  message: message('1-2', { flexible: '2+' }, {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string('1+', { nullable: true, neverCompact: true }),
  }),
});
