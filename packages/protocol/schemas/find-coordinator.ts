// FindCoordinator: tells which broker coordinates a group, a transactional id or a share partition;
// several keys at once since version 4.

import { api, array, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 10,
  name: 'FindCoordinator',
  listeners: ['broker'],
  request: message('0-6', '3+', {
    key: string('0-3'),
    keyType: int8('1+'),
    coordinatorKeys: array('4+', 'string'),
  }),
  response: message('0-6', '3+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0-3'),
    errorMessage: string('1-3', { nullable: true, ignorable: true }),
    nodeId: int32('0-3'),
    host: string('0-3'),
    port: int32('0-3'),
    coordinators: structs('4+', 'Coordinator', {
      key: string('4+'),
      nodeId: int32('4+'),
      host: string('4+'),
      port: int32('4+'),
      errorCode: int16('4+'),
      errorMessage: string('4+', { nullable: true, ignorable: true }),
    }),
  }),
});
