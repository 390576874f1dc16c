// ClientQuotaRecord: metadata record: a quota was set or removed.

import { bool, float64, message, standalone, string, structs } from './notation.ts';

export default standalone({
  name: 'ClientQuotaRecord',
  key: 14,
  message: message('0', '0+', {
    entity: structs('0+', 'EntityData', {
      entityType: string(),
      entityName: string('0+', { nullable: true }),
    }),
    key: string(),
    value: float64(),
    remove: bool(),
  }),
});
