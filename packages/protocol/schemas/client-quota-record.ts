
import { array, bool, float64, message, standalone, string, struct } from './notation.ts';

export default standalone({
  name: 'ClientQuotaRecord',
  key: 14,
  message: message('0', { flexible: '0+' }, {
    entity: array('0+', struct('EntityData', {
      entityType: string(),
      entityName: string('0+', { nullable: true }),
    })),
    key: string(),
    value: float64(),
    remove: bool(),
  }),
});
