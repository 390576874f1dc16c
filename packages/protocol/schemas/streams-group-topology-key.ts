
import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupTopologyKey',
  key: 23,
  message: message('0', {}, {
    groupId: string('0'),
  }),
});
