
import { api, array, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 16,
  name: 'ListGroups',
  listeners: ['broker'],
  request: message('0-5', { flexible: '3+' }, {
    statesFilter: array('4+', 'string'),
    typesFilter: array('5+', 'string'),
  }),
  response: message('0-5', { flexible: '3+' }, {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    groups: array('0+', struct('ListedGroup', {
      groupId: string(),
      protocolType: string(),
      groupState: string('4+', { ignorable: true }),
      groupType: string('5+', { ignorable: true }),
    })),
  }),
});
