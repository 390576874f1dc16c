// DescribeClientQuotas: lists quotas by user, client id and address (KIP-546).

import { api, bool, float64, int16, int32, int8, message, string, structs } from './notation.ts';

export default api({
  key: 48,
  name: 'DescribeClientQuotas',
  listeners: ['broker'],
  request: message('0-1', '1+', {
    components: structs('0+', 'ComponentData', {
      entityType: string(),
      matchType: int8(),
      match: string('0+', { nullable: true }),
    }),
    strict: bool(),
  }),
  response: message('0-1', '1+', {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    entries: structs({ versions: '0+', nullable: true }, 'EntryData', {
      entity: structs('0+', 'EntityData', {
        entityType: string(),
        entityName: string('0+', { nullable: true }),
      }),
      values: structs('0+', 'ValueData', {
        key: string(),
        value: float64(),
      }),
    }),
  }),
});
