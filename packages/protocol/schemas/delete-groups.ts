// DeleteGroups: deletes groups that have no members.

import { api, array, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 42,
  name: 'DeleteGroups',
  listeners: ['broker'],
  request: message('0-2', '2+', {
    groupsNames: array('0+', 'string'),
  }),
  response: message('0-2', '2+', {
    throttleTimeMs: int32(),
    results: structs('0+', 'DeletableGroupResult', {
      groupId: string(),
      errorCode: int16(),
    }),
  }),
});
