// MetadataImage: everything the metadata log says, as of one offset; immutable. A new image shares
// all that did not change with the one before it. What Ottla does not serve yet (ACLs, quotas, SCRAM,
// delegation tokens) is kept all the same, so that a snapshot never loses what a log held.
// Kafka: org.apache.kafka.image.MetadataImage.
import type { Uuid } from '@ottla/protocol';
import type { AccessControlEntryRecord } from '@ottla/protocol/messages/access-control-entry-record';
import type { DelegationTokenRecord } from '@ottla/protocol/messages/delegation-token-record';
import type { UserScramCredentialRecord } from '@ottla/protocol/messages/user-scram-credential-record';
import { PersistentMap } from '../persistent-map.ts';
import type { ClusterImage } from './cluster-image.ts';
import type { PartitionImage } from './partition-image.ts';

/** How far into the log an image reaches. */
export interface MetadataProvenance {
  /** Offset of the last record that is contained (inclusive); −1 when nothing is. */
  readonly lastContainedOffset: number;
  /** Leader epoch of that record; −1 when there is none. */
  readonly lastContainedEpoch: number;
  /** Append time of its batch, ms since 1970; −1 when there is none. */
  readonly lastContainedLogTimeMs: number;
}

/** One topic. */
export interface TopicImage {
  readonly name: string;
  readonly id: Uuid;
  /** By partition id, which runs from 0 without holes. */
  readonly partitions: readonly PartitionImage[];
}

/** Topics by name, and the name of each topic id. */
export interface TopicsImage {
  readonly byName: PersistentMap<string, TopicImage>;
  readonly nameById: PersistentMap<Uuid, string>;
}

/** Kinds of configuration resource, by the number they have in records and requests. */
export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

/** What a set of configs belongs to. */
export interface ConfigResource {
  /** One of ConfigResourceType. */
  readonly type: number;
  /** Topic, broker id in decimal, group or client metrics subscription; '' with BROKER is the whole cluster. */
  readonly name: string;
}

/** The dynamic configs of one resource; never without entries. */
export interface ConfigurationImage {
  readonly resource: ConfigResource;
  readonly values: ReadonlyMap<string, string>;
}

/** The quotas of one entity. */
export interface ClientQuotaImage {
  /** Sorted by type; a null name is the default of its type. */
  readonly entity: ReadonlyArray<{
    readonly entityType: string;
    readonly entityName: string | null;
  }>;
  /** By quota key, such as `producer_byte_rate`. */
  readonly quotas: ReadonlyMap<string, number>;
}

/** Which producer ids were given away. */
export interface ProducerIdsImage {
  /** First id that nobody has. */
  readonly nextProducerId: number;
}

/** All metadata of a cluster as of `provenance`. */
export interface MetadataImage {
  readonly provenance: MetadataProvenance;
  /** Finalized level by feature name, `metadata.version` included; empty before the bootstrap records. */
  readonly features: ReadonlyMap<string, number>;
  readonly cluster: ClusterImage;
  readonly topics: TopicsImage;
  /** By `configKey(resource)`. */
  readonly configs: PersistentMap<string, ConfigurationImage>;
  /** Undefined until the first block was given away. */
  readonly producerIds: ProducerIdsImage | undefined;
  /** By `quotaEntityKey(entity)`. */
  readonly clientQuotas: PersistentMap<string, ClientQuotaImage>;
  readonly acls: PersistentMap<Uuid, AccessControlEntryRecord>;
  /** By `scramKey(mechanism, name)`. */
  readonly scram: PersistentMap<string, UserScramCredentialRecord>;
  /** By token id. */
  readonly delegationTokens: PersistentMap<string, DelegationTokenRecord>;
}

/** The image of an empty log. */
export const EMPTY_IMAGE: MetadataImage = {
  provenance: { lastContainedOffset: -1, lastContainedEpoch: -1, lastContainedLogTimeMs: -1 },
  features: new Map(),
  cluster: { brokers: PersistentMap.empty(), controllers: PersistentMap.empty() },
  topics: { byName: PersistentMap.empty(), nameById: PersistentMap.empty() },
  configs: PersistentMap.empty(),
  producerIds: undefined,
  clientQuotas: PersistentMap.empty(),
  acls: PersistentMap.empty(),
  scram: PersistentMap.empty(),
  delegationTokens: PersistentMap.empty(),
};

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();

/** The topic of that name, or undefined. */
export function topicByName(image: MetadataImage, name: string): TopicImage | undefined {
  return image.topics.byName.get(name);
}

/** The topic of that id, or undefined. */
export function topicById(image: MetadataImage, id: Uuid): TopicImage | undefined {
  const name = image.topics.nameById.get(id);
  return name === undefined ? undefined : image.topics.byName.get(name);
}

/** The partition, or undefined when the topic or the partition does not exist. */
export function partitionOf(
  image: MetadataImage,
  topicName: string,
  partitionId: number,
): PartitionImage | undefined {
  return image.topics.byName.get(topicName)?.partitions[partitionId];
}

/** Dynamic configs set on `resource` itself; empty when there are none. */
export function configsOf(
  image: MetadataImage,
  resource: ConfigResource,
): ReadonlyMap<string, string> {
  return image.configs.get(configKey(resource))?.values ?? NO_CONFIGS;
}

/** Key of a resource in `MetadataImage.configs`. */
export function configKey(resource: ConfigResource): string {
  return `${resource.type}:${resource.name}`;
}

/** Key of a SCRAM credential in `MetadataImage.scram`. */
export function scramKey(mechanism: number, name: string): string {
  return `${mechanism}:${name}`;
}

/** Key of an entity in `MetadataImage.clientQuotas`; the order of its parts does not matter. */
export function quotaEntityKey(entity: ClientQuotaImage['entity']): string {
  return JSON.stringify(sortedEntity(entity).map((part) => [part.entityType, part.entityName]));
}

/** The parts of a quota entity, sorted by type. */
export function sortedEntity(entity: ClientQuotaImage['entity']): ClientQuotaImage['entity'] {
  return entity
    .map(({ entityType, entityName }) => ({ entityType, entityName }))
    .toSorted((a, b) => (a.entityType < b.entityType ? -1 : a.entityType > b.entityType ? 1 : 0));
}
