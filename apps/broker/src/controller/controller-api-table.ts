// Which APIs the controller's listeners serve: what brokers and other members of the quorum need of it, and the admin
// calls that brokers forward. Each module is imported when its first request arrives. Kafka: ControllerApis.

import { ApiKey } from '@ottla/protocol';
import type { ApiTable, LoadApiHandler } from '../network/api-handler.ts';
import type { ControllerServices } from './controller-services.ts';

/** APIs of the controller role. */
export const CONTROLLER_API_TABLE: ApiTable<ControllerServices> = new Map<
  number,
  LoadApiHandler<ControllerServices>
>([
  [ApiKey.Fetch, () => import('./handlers/fetch.ts')],
  [ApiKey.ApiVersions, () => import('./handlers/api-versions.ts')],
  [ApiKey.CreateTopics, () => import('./handlers/create-topics.ts')],
  [ApiKey.DeleteTopics, () => import('./handlers/delete-topics.ts')],
  [ApiKey.AlterConfigs, () => import('./handlers/alter-configs.ts')],
  [ApiKey.CreatePartitions, () => import('./handlers/create-partitions.ts')],
  [ApiKey.IncrementalAlterConfigs, () => import('./handlers/incremental-alter-configs.ts')],
  [ApiKey.ElectLeaders, () => import('./handlers/elect-leaders.ts')],
  [ApiKey.AlterPartitionReassignments, () => import('./handlers/alter-partition-reassignments.ts')],
  [ApiKey.ListPartitionReassignments, () => import('./handlers/list-partition-reassignments.ts')],
  [ApiKey.UpdateFeatures, () => import('./handlers/update-features.ts')],
  [ApiKey.UnregisterBroker, () => import('./handlers/unregister-broker.ts')],
  [ApiKey.AssignReplicasToDirs, () => import('./handlers/assign-replicas-to-dirs.ts')],
  [ApiKey.Vote, () => import('./handlers/vote.ts')],
  [ApiKey.BeginQuorumEpoch, () => import('./handlers/begin-quorum-epoch.ts')],
  [ApiKey.EndQuorumEpoch, () => import('./handlers/end-quorum-epoch.ts')],
  [ApiKey.DescribeQuorum, () => import('./handlers/describe-quorum.ts')],
  [ApiKey.Envelope, () => import('./handlers/envelope.ts')],
  [ApiKey.FetchSnapshot, () => import('./handlers/fetch-snapshot.ts')],
  [ApiKey.AlterPartition, () => import('./handlers/alter-partition.ts')],
  [ApiKey.BrokerRegistration, () => import('./handlers/broker-registration.ts')],
  [ApiKey.BrokerHeartbeat, () => import('./handlers/broker-heartbeat.ts')],
  [ApiKey.DescribeCluster, () => import('./handlers/describe-cluster.ts')],
  [ApiKey.AllocateProducerIds, () => import('./handlers/allocate-producer-ids.ts')],
  [ApiKey.ControllerRegistration, () => import('./handlers/controller-registration.ts')],
  [ApiKey.AddRaftVoter, () => import('./handlers/add-raft-voter.ts')],
  [ApiKey.RemoveRaftVoter, () => import('./handlers/remove-raft-voter.ts')],
  [ApiKey.UpdateRaftVoter, () => import('./handlers/update-raft-voter.ts')],
]);
