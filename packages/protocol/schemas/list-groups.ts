// ListGroups: lists the groups that a broker coordinates, by state and type since versions 4 and 5.

import { api, array, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 16,
  name: 'ListGroups',
  listeners: ['broker'],
  request: message('0-5', '3+', {
    statesFilter: array('4+', 'string'),
    typesFilter: array('5+', 'string'),
  }),
  response: message('0-5', '3+', {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    groups: structs('0+', 'ListedGroup', {
      groupId: string(),
      protocolType: string(),
      groupState: string('4+', { ignorable: true }),
      groupType: string('5+', { ignorable: true }),
    }),
  }),
});
