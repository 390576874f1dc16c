// The only door of the package.
export { MetadataError, type MetadataErrorCode } from './errors.ts';
export {
  ELR_FEATURE,
  type FeatureDefinition,
  FEATURES,
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  METADATA_VERSION_LATEST_PRODUCTION,
  METADATA_VERSION_MIN,
  metadataGates,
  type MetadataGates,
  recordVersion,
} from './feature-levels.ts';
export {
  decodeMetadataRecord,
  encodeMetadataRecord,
  METADATA_RECORD_TYPES,
  metadataRecord,
  type MetadataRecord,
  type MetadataRecordOf,
  type MetadataRecordType,
  type MetadataRecordValues,
} from './metadata-record.ts';
export { PersistentMap } from './persistent-map.ts';
export {
  type BrokerRegistration,
  type ClusterImage,
  type ControllerRegistration,
  type Endpoint,
  isActiveBroker,
  type SupportedFeature,
} from './image/cluster-image.ts';
export { ClusterDelta } from './image/cluster-delta.ts';
export { imageRecords } from './image/image-records.ts';
export {
  type DeletedReplica,
  type LocalReplica,
  localReplicaChanges,
  type LocalReplicaChanges,
} from './image/local-replica-changes.ts';
export { MapDelta } from './image/map-delta.ts';
export { MetadataDelta } from './image/metadata-delta.ts';
export {
  type ClientQuotaImage,
  configKey,
  ConfigResourceType,
  configsOf,
  type ConfigResource,
  type ConfigurationImage,
  EMPTY_IMAGE,
  type MetadataImage,
  type MetadataProvenance,
  partitionOf,
  type ProducerIdsImage,
  quotaEntityKey,
  scramKey,
  topicById,
  topicByName,
  type TopicImage,
  type TopicsImage,
} from './image/metadata-image.ts';
export {
  type MetadataBatch,
  MetadataLoader,
  type MetadataPublisher,
  type MetadataSnapshot,
} from './image/metadata-loader.ts';
export {
  DirectoryId,
  LeaderRecoveryState,
  NO_LEADER,
  type PartitionImage,
  replicaDirectory,
} from './image/partition-image.ts';
export { TopicDelta, TopicsDelta } from './image/topics-delta.ts';
export {
  BOOTSTRAP_CHECKPOINT_FILE,
  bootstrapFromRecords,
  type BootstrapMetadata,
  createBootstrap,
} from './controller/bootstrap.ts';
export type {
  ControllerConfigs,
  ControllerOptions,
  ControllerRandom,
  EffectiveTopicConfig,
  TopicConfigLayers,
} from './controller/controller-options.ts';
export type {
  ControllerOperation,
  ControllerOperations,
  ControllerRequest,
  ControllerRequestContext,
  ControllerResponse,
  ControllerResult,
} from './controller/operations.ts';
export type {
  MetadataQuorum,
  QuorumLeader,
  QuorumListener,
  QuorumSnapshot,
} from './io/metadata-quorum.ts';

export { Controller } from './controller/controller.ts';
export { invalidTopicName } from './controller/topic-names.ts';
export type { DecisionMoment } from './controller/decision-scope.ts';
export { ControllerDriver, type ControllerDriverOptions } from './io/controller-driver.ts';
export {
  SnapshotGenerator,
  type SnapshotGeneratorOptions,
  type SnapshotThresholds,
} from './io/snapshot-generator.ts';
