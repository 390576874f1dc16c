// The only door of @ottla/client.
export {
  Admin,
  type ClusterDescription,
  type ListedTopic,
  type LogDirDescription,
  type NewTopic,
} from './admin/admin.ts';
export type {
  ConfigChange,
  ConfigEntry,
  ConfigResource,
  DescribedResource,
} from './admin/admin-configs.ts';
export type {
  GroupDescription,
  GroupMember,
  ListedGroup,
  OffsetToCommit,
} from './admin/admin-groups.ts';
export type {
  FeaturesDescription,
  FeatureUpdate,
  NewVoter,
  QuorumDescription,
  QuorumListener,
  QuorumReplica,
} from './admin/admin-quorum.ts';
export type {
  ElectionResult,
  OngoingReassignment,
  PartitionName,
  PartitionReassignment,
} from './admin/admin-replicas.ts';
export type { EligibleLeaders } from './admin/eligible-leaders.ts';
export type { OffsetQuery, OffsetResult } from './admin/list-offsets.ts';
export type { CommittedOffset } from './consumer/committed-offsets.ts';
export type { TopicPartition } from './group/consumer-protocol.ts';
export {
  BrokerError,
  ConnectionError,
  KafkaError,
  type KafkaErrorDetails,
  TimeoutError,
  UsageError,
} from './errors.ts';
export type {
  BrokerNode,
  ClusterMetadata,
  PartitionMetadata,
  TopicMetadata,
} from './metadata/cluster-metadata.ts';
export type { ClientOptions } from './options.ts';
export type { OnDelivery, RecordMetadata } from './producer/delivery.ts';
export type { HeldPartition } from './producer/held-partition.ts';
export { Producer, type SendOptions } from './producer/producer.ts';
export type { CompressionType, ProducerOptions } from './producer/producer-options.ts';
export type { Bytes, ProducerRecord } from './producer/producer-record.ts';
export { TypedProducer, type TypedRecord } from './producer/typed-producer.ts';
export type { SerdeLike, SerdeLikeContext, TopicType } from './topic-type.ts';
export type {
  Assignor,
  GroupSubscriptions,
  MemberAssignment,
  RebalanceProtocol,
} from './group/assignor.ts';
export {
  type AssignorName,
  ASSIGNORS,
  cooperativeStickyAssignor,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
} from './group/assignors.ts';
export { Consumer } from './consumer/consumer.ts';
export type {
  AutoOffsetReset,
  ConsumedBatch,
  ConsumerOptions,
  GroupMetadata,
  IterateOptions,
  OffsetAndMetadata,
  PollOptions,
  RebalanceListener,
} from './consumer/consumer-options.ts';
export type { Subscription } from './group/consumer-protocol.ts';
export type { ConsumerRecord, RecordHeaderView } from './consumer/fetched-records.ts';
