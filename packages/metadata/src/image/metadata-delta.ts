// MetadataDelta: the records that were replayed on top of an image and are not yet an image
// themselves. Only here does a record become state, for the controller as for every broker.
// Kafka: org.apache.kafka.image.MetadataDelta.
import type { Uuid } from '@ottla/protocol';
import type { AccessControlEntryRecord } from '@ottla/protocol/messages/access-control-entry-record';
import type { ClientQuotaRecord } from '@ottla/protocol/messages/client-quota-record';
import type { ConfigRecord } from '@ottla/protocol/messages/config-record';
import type { DelegationTokenRecord } from '@ottla/protocol/messages/delegation-token-record';
import type { FeatureLevelRecord } from '@ottla/protocol/messages/feature-level-record';
import type { ProducerIdsRecord } from '@ottla/protocol/messages/producer-ids-record';
import type { RemoveTopicRecord } from '@ottla/protocol/messages/remove-topic-record';
import type { UserScramCredentialRecord } from '@ottla/protocol/messages/user-scram-credential-record';
import { inconsistent } from '../errors.ts';
import {
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  metadataGates,
} from '../feature-levels.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import { ClusterDelta } from './cluster-delta.ts';
import {
  type ClientQuotaImage,
  configKey,
  ConfigResourceType,
  type ConfigResource,
  type ConfigurationImage,
  type MetadataImage,
  type MetadataProvenance,
  type ProducerIdsImage,
  quotaEntityKey,
  scramKey,
  sortedEntity,
} from './metadata-image.ts';
import { MapDelta } from './map-delta.ts';
import { TopicsDelta } from './topics-delta.ts';

/** Changes on top of `image`; `apply` makes the next image. */
export class MetadataDelta {
  /** What the changes are relative to. */
  readonly image: MetadataImage;
  readonly topics: TopicsDelta;
  readonly cluster: ClusterDelta;
  /** By `configKey(resource)`. */
  readonly configs: MapDelta<string, ConfigurationImage>;
  readonly clientQuotas: MapDelta<string, ClientQuotaImage>;
  readonly acls: MapDelta<Uuid, AccessControlEntryRecord>;
  readonly scram: MapDelta<string, UserScramCredentialRecord>;
  readonly delegationTokens: MapDelta<string, DelegationTokenRecord>;
  readonly #changedResources = new Map<string, ConfigResource>();
  #features: Map<string, number> | undefined;
  readonly #mentionedFeatures = new Set<string>();
  #producerIds: ProducerIdsImage | undefined;
  #producerIdsMentioned = false;

  constructor(image: MetadataImage) {
    this.image = image;
    this.topics = new TopicsDelta(image.topics);
    this.cluster = new ClusterDelta(image.cluster);
    this.configs = new MapDelta(image.configs);
    this.clientQuotas = new MapDelta(image.clientQuotas);
    this.acls = new MapDelta(image.acls);
    this.scram = new MapDelta(image.scram);
    this.delegationTokens = new MapDelta(image.delegationTokens);
    this.#producerIds = image.producerIds;
  }

  /** Finalized levels after the changes. */
  get features(): ReadonlyMap<string, number> {
    return this.#features ?? this.image.features;
  }

  /** Whether any feature level was recorded. */
  get featuresChanged(): boolean {
    return this.#features !== undefined;
  }

  /** Whether `metadata.version` differs from the image's. */
  get metadataVersionChanged(): boolean {
    const before = this.image.features.get(METADATA_VERSION_FEATURE);
    return this.features.get(METADATA_VERSION_FEATURE) !== before;
  }

  /** Resources whose configs were touched, those of deleted topics included; each once. */
  get changedConfigResources(): readonly ConfigResource[] {
    return [...this.#changedResources.values()];
  }

  /**
   * Takes in one record. Transaction markers and no-ops change nothing here: whoever reads the log
   * (MetadataLoader, Controller) acts on them.
   *
   * @throws MetadataError INCONSISTENT_METADATA when the record cannot follow those before it,
   * UNSUPPORTED_METADATA_VERSION when it finalizes a level that is not known
   */
  replay(record: MetadataRecord): void {
    if (!this.#replayTopicRecord(record) && !this.#replayClusterRecord(record)) {
      this.#replayOther(record);
    }
  }

  /** After all records of a snapshot: whatever it did not mention is gone. */
  finishSnapshot(): void {
    for (const name of this.image.features.keys()) {
      if (!this.#mentionedFeatures.has(name)) this.#featuresToChange().delete(name);
    }
    if (!this.#producerIdsMentioned) this.#producerIds = undefined;
    this.topics.finishSnapshot();
    this.cluster.finishSnapshot();
    for (const [key, { resource }] of this.image.configs) {
      if (!this.configs.isTouched(key)) this.#changedResources.set(key, resource);
    }
    for (const delta of this.#mapDeltas()) delta.keepTouchedOnly();
  }

  /** The image with all changes; `this.image` stays as it is. */
  apply(provenance: MetadataProvenance): MetadataImage {
    return {
      provenance,
      features: this.features,
      cluster: this.cluster.apply(),
      topics: this.topics.apply(),
      configs: this.configs.apply(),
      producerIds: this.#producerIds,
      clientQuotas: this.clientQuotas.apply(),
      acls: this.acls.apply(),
      scram: this.scram.apply(),
      delegationTokens: this.delegationTokens.apply(),
    };
  }

  #replayTopicRecord(record: MetadataRecord): boolean {
    switch (record.type) {
      case 'TopicRecord':
        this.topics.createTopic(record.value);
        return true;
      case 'PartitionRecord':
        this.topics.createPartition(record.value);
        return true;
      case 'PartitionChangeRecord':
        this.topics.changePartition(record.value);
        return true;
      case 'RemoveTopicRecord':
        this.#removeTopic(record.value);
        return true;
      case 'ClearElrRecord':
        this.topics.clearElr(record.value.topicName);
        return true;
      default:
        return false;
    }
  }

  #replayClusterRecord(record: MetadataRecord): boolean {
    switch (record.type) {
      case 'RegisterBrokerRecord':
        this.cluster.registerBroker(record.value);
        return true;
      case 'UnregisterBrokerRecord':
        this.cluster.unregisterBroker(record.value);
        return true;
      case 'FenceBrokerRecord':
        this.cluster.setFenced(record.value.id, record.value.epoch, true);
        return true;
      case 'UnfenceBrokerRecord':
        this.cluster.setFenced(record.value.id, record.value.epoch, false);
        return true;
      case 'BrokerRegistrationChangeRecord':
        this.cluster.changeBroker(record.value);
        return true;
      case 'RegisterControllerRecord':
        this.cluster.registerController(record.value);
        return true;
      default:
        return false;
    }
  }

  #replayOther(record: MetadataRecord): void {
    switch (record.type) {
      case 'FeatureLevelRecord':
        return this.#setFeatureLevel(record.value);
      case 'ConfigRecord':
        return this.#setConfig(record.value);
      case 'ProducerIdsRecord':
        return this.#setProducerIds(record.value);
      case 'ClientQuotaRecord':
        return this.#setClientQuota(record.value);
      case 'AccessControlEntryRecord':
        return this.acls.set(record.value.id, record.value);
      case 'RemoveAccessControlEntryRecord':
        return this.acls.delete(record.value.id);
      case 'UserScramCredentialRecord':
        return this.#setScramCredential(record.value);
      case 'RemoveUserScramCredentialRecord':
        return this.scram.delete(scramKey(record.value.mechanism, record.value.name));
      case 'DelegationTokenRecord':
        return this.delegationTokens.set(record.value.tokenId, record.value);
      case 'RemoveDelegationTokenRecord':
        return this.delegationTokens.delete(record.value.tokenId);
      default:
        // NoOp, transaction markers, and the ZooKeeper migration state, which Kafka 4 ignores as well.
        return;
    }
  }

  /** A topic takes its configs with it. */
  #removeTopic(record: RemoveTopicRecord): void {
    const name = this.topics.removeTopic(record.topicId);
    const resource = { type: ConfigResourceType.TOPIC, name };
    const key = configKey(resource);
    if (this.configs.get(key) === undefined) return;
    this.configs.delete(key);
    this.#changedResources.set(key, resource);
  }

  #setFeatureLevel({ name, featureLevel }: FeatureLevelRecord): void {
    // Old logs may hold it by mistake; the voters' own records decide (KAFKA-18979).
    if (name === KRAFT_VERSION_FEATURE) return;
    if (name === METADATA_VERSION_FEATURE) metadataGates(featureLevel);
    this.#mentionedFeatures.add(name);
    if (featureLevel === 0) this.#featuresToChange().delete(name);
    else this.#featuresToChange().set(name, featureLevel);
  }

  #featuresToChange(): Map<string, number> {
    this.#features ??= new Map(this.image.features);
    return this.#features;
  }

  #setConfig(record: ConfigRecord): void {
    const resource = { type: record.resourceType, name: record.resourceName };
    const key = configKey(resource);
    this.#changedResources.set(key, resource);
    const values = new Map(this.configs.get(key)?.values);
    if (record.value === null) values.delete(record.name);
    else values.set(record.name, record.value);
    if (values.size === 0) this.configs.delete(key);
    else this.configs.set(key, { resource, values });
  }

  #setProducerIds({ nextProducerId }: ProducerIdsRecord): void {
    const current = this.#producerIds?.nextProducerId ?? 0;
    if (nextProducerId < current) {
      inconsistent(`producer ids go back from ${current} to ${nextProducerId}`);
    }
    this.#producerIdsMentioned = true;
    this.#producerIds = { nextProducerId };
  }

  #setClientQuota(record: ClientQuotaRecord): void {
    const entity = sortedEntity(record.entity);
    const key = quotaEntityKey(entity);
    const quotas = new Map(this.clientQuotas.get(key)?.quotas);
    if (record.remove) quotas.delete(record.key);
    else quotas.set(record.key, record.value);
    if (quotas.size === 0) this.clientQuotas.delete(key);
    else this.clientQuotas.set(key, { entity, quotas });
  }

  /** Copies the secrets: as decoded they are slices that would keep a whole batch in memory. */
  #setScramCredential(record: UserScramCredentialRecord): void {
    this.scram.set(scramKey(record.mechanism, record.name), {
      ...record,
      salt: Buffer.from(record.salt),
      storedKey: Buffer.from(record.storedKey),
      serverKey: Buffer.from(record.serverKey),
    });
  }

  #mapDeltas(): ReadonlyArray<{ keepTouchedOnly(): void }> {
    return [this.configs, this.clientQuotas, this.acls, this.scram, this.delegationTokens];
  }
}
