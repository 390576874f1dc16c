
import { api, array, bool, float64, int16, int32, int8, message, string, struct } from './notation.ts';

export default api({
  key: 48,
  name: 'DescribeClientQuotas',
  listeners: ['broker'],
  request: message('0-1', { flexible: '1+' }, {
    components: array('0+', struct('ComponentData', {
      entityType: string(),
      matchType: int8(),
      match: string('0+', { nullable: true }),
    })),
    strict: bool(),
  }),
  response: message('0-1', { flexible: '1+' }, {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: true }),
    entries: array('0+', struct('EntryData', {
      entity: array('0+', struct('EntityData', {
        entityType: string(),
        entityName: string('0+', { nullable: true }),
      })),
      values: array('0+', struct('ValueData', {
        key: string(),
        value: float64(),
      })),
    }), { nullable: true }),
  }),
});
