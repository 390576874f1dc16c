// API keys whose messages Kafka 4 removed with ZooKeeper: the numbers stay taken.

import { removedApis } from './notation.ts';

export default removedApis([
  { key: 4, name: 'LeaderAndIsr' },
  { key: 5, name: 'StopReplica' },
  { key: 6, name: 'UpdateMetadata' },
  { key: 7, name: 'ControlledShutdown' },
]);
