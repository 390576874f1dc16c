// AlterClientQuotas: sets and removes quotas.

import { api, bool, float64, int16, int32, message, string, structs } from './notation.ts';

export default api({
  key: 49,
  name: 'AlterClientQuotas',
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: message('0-1', '1+', {
    entries: structs('0+', 'RequestEntryData', {
      entity: structs('0+', 'RequestEntityData', {
        entityType: string(),
        entityName: string('0+', { nullable: true }),
      }),
      ops: structs('0+', 'OpData', {
        key: string(),
        value: float64(),
        remove: bool(),
      }),
    }),
    validateOnly: bool(),
  }),
  response: message('0-1', '1+', {
    throttleTimeMs: int32(),
    entries: structs('0+', 'ResponseEntryData', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: true }),
      entity: structs('0+', 'ResponseEntityData', {
        entityType: string(),
        entityName: string('0+', { nullable: true }),
      }),
    }),
  }),
});
