// StreamsGroupTopologyKey: key of a streams group's topology.

import { message, standalone, string } from './notation.ts';

export default standalone({
  name: 'StreamsGroupTopologyKey',
  key: 23,
  message: message('0', 'none', {
    groupId: string('0'),
  }),
});
