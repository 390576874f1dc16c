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
export type { CompressionType, RecordMetadata } from './producer/partition-batch.ts';
export {
  type Bytes,
  type OnDelivery,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
} from './producer/producer.ts';
export { TypedProducer, type TypedRecord } from './producer/typed-producer.ts';
export type { SerdeLike, SerdeLikeContext, TopicType } from './topic-type.ts';
export type {
  Assignor,
  GroupSubscriptions,
  MemberAssignment,
  RebalanceProtocol,
} from './group/assignor.ts';
export { ASSIGNORS, rangeAssignor, roundRobinAssignor } from './group/assignors.ts';
export {
  type ConsumedBatch,
  Consumer,
  type ConsumerOptions,
  type GroupMetadata,
  type IterateOptions,
  type OffsetAndMetadata,
  type PollOptions,
  type RebalanceListener,
} from './consumer/consumer.ts';
export type { Subscription } from './group/consumer-protocol.ts';
export type { ConsumerRecord } from './consumer/partition-reader.ts';
