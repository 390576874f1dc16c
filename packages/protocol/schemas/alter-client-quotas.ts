
import { api, array, bool, float64, int16, int32, message, string, struct } from './notation.ts';

export default api({
  key: 49,
  name: 'AlterClientQuotas',
  listeners: ['broker', 'controller'],
  request: message('0-1', { flexible: '1+' }, {
    entries: array('0+', struct('RequestEntryData', {
      entity: array('0+', struct('RequestEntityData', {
        entityType: string(),
        entityName: string('0+', { nullable: true }),
      })),
      ops: array('0+', struct('OpData', {
        key: string(),
        value: float64(),
        remove: bool(),
      })),
    })),
    validateOnly: bool(),
  }),
  response: message('0-1', { flexible: '1+' }, {
    throttleTimeMs: int32(),
    entries: array('0+', struct('ResponseEntryData', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      entity: array('0+', struct('ResponseEntityData', {
        entityType: string(),
        entityName: string('0+', { nullable: true }),
      })),
    })),
  }),
});
