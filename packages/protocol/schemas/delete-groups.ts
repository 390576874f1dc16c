
import { api, array, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 42,
  name: 'DeleteGroups',
  listeners: ['broker'],
  request: message('0-2', { flexible: '2+' }, {
    groupsNames: array('0+', 'string'),
  }),
  response: message('0-2', { flexible: '2+' }, {
    throttleTimeMs: int32(),
    results: array('0+', struct('DeletableGroupResult', {
      groupId: string(),
      errorCode: int16(),
    })),
  }),
});
