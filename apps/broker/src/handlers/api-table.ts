// Which APIs the broker's client listeners serve. ApiVersions advertises exactly these, so what is not here does not
// exist for a client. Each module is imported when its first request arrives. The controller's listener has its own
// table in `controller/controller-api-table.ts`.

import { ApiKey } from '@ottla/protocol';
import type { ApiTable, LoadApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';

/** APIs of the broker role. */
export const BROKER_API_TABLE: ApiTable<BrokerServices> = new Map<
  number,
  LoadApiHandler<BrokerServices>
>([
  [ApiKey.Produce, () => import('./produce.ts')],
  [ApiKey.Fetch, () => import('./fetch.ts')],
  [ApiKey.ListOffsets, () => import('./list-offsets.ts')],
  [ApiKey.Metadata, () => import('./metadata.ts')],
  [ApiKey.OffsetCommit, () => import('./offset-commit.ts')],
  [ApiKey.OffsetFetch, () => import('./offset-fetch.ts')],
  [ApiKey.FindCoordinator, () => import('./find-coordinator.ts')],
  [ApiKey.JoinGroup, () => import('./join-group.ts')],
  [ApiKey.Heartbeat, () => import('./heartbeat.ts')],
  [ApiKey.LeaveGroup, () => import('./leave-group.ts')],
  [ApiKey.SyncGroup, () => import('./sync-group.ts')],
  [ApiKey.DescribeGroups, () => import('./describe-groups.ts')],
  [ApiKey.ListGroups, () => import('./list-groups.ts')],
  [ApiKey.ApiVersions, () => import('./api-versions.ts')],
  [ApiKey.CreateTopics, () => import('./create-topics.ts')],
  [ApiKey.DeleteTopics, () => import('./delete-topics.ts')],
  [ApiKey.DeleteRecords, () => import('./delete-records.ts')],
  [ApiKey.InitProducerId, () => import('./init-producer-id.ts')],
  [ApiKey.OffsetForLeaderEpoch, () => import('./offset-for-leader-epoch.ts')],
  [ApiKey.DescribeConfigs, () => import('./describe-configs.ts')],
  [ApiKey.AlterConfigs, () => import('./alter-configs.ts')],
  [ApiKey.DescribeLogDirs, () => import('./describe-log-dirs.ts')],
  [ApiKey.CreatePartitions, () => import('./create-partitions.ts')],
  [ApiKey.DeleteGroups, () => import('./delete-groups.ts')],
  [ApiKey.IncrementalAlterConfigs, () => import('./incremental-alter-configs.ts')],
  [ApiKey.OffsetDelete, () => import('./offset-delete.ts')],
  [ApiKey.ElectLeaders, () => import('./elect-leaders.ts')],
  [ApiKey.AlterPartitionReassignments, () => import('./alter-partition-reassignments.ts')],
  [ApiKey.ListPartitionReassignments, () => import('./list-partition-reassignments.ts')],
  [ApiKey.UpdateFeatures, () => import('./update-features.ts')],
  [ApiKey.UnregisterBroker, () => import('./unregister-broker.ts')],
  [ApiKey.DescribeQuorum, () => import('./describe-quorum.ts')],
  [ApiKey.DescribeCluster, () => import('./describe-cluster.ts')],
  [ApiKey.DescribeTopicPartitions, () => import('./describe-topic-partitions.ts')],
  [ApiKey.AddRaftVoter, () => import('./add-raft-voter.ts')],
  [ApiKey.RemoveRaftVoter, () => import('./remove-raft-voter.ts')],
]);
