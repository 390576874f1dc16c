// The records that make an image from nothing, as a snapshot holds them: feature levels first, since
// they say how to read the rest. Kafka: MetadataImage.write and the write methods below it.
import {
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  metadataGates,
} from '../feature-levels.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { brokerToRecord, controllerToRecord } from './cluster-image.ts';
import type { ClientQuotaImage, ConfigurationImage, MetadataImage } from './metadata-image.ts';
import { partitionToRecord } from './partition-image.ts';

/**
 * Records of a snapshot of `image`, one at a time, so that writing a big one can pause in between.
 * The order is the same for equal images.
 *
 * @throws MetadataError UNSUPPORTED_METADATA_VERSION when the image has no `metadata.version` yet
 */
export function* imageRecords(image: MetadataImage): Generator<MetadataRecord, void, undefined> {
  const metadataVersion = image.features.get(METADATA_VERSION_FEATURE) ?? 0;
  yield* featureRecords(image, metadataVersion);
  yield* clusterRecords(image, metadataVersion);
  yield* topicRecords(image, metadataVersion);
  for (const config of sortedValues(image.configs)) yield* configRecords(config);
  for (const quota of sortedValues(image.clientQuotas)) yield* quotaRecords(quota);
  if (image.producerIds !== undefined) {
    const { nextProducerId } = image.producerIds;
    yield metadataRecord('ProducerIdsRecord', { brokerId: -1, brokerEpoch: -1, nextProducerId });
  }
  for (const acl of sortedValues(image.acls)) yield metadataRecord('AccessControlEntryRecord', acl);
  for (const credential of sortedValues(image.scram)) {
    yield metadataRecord('UserScramCredentialRecord', credential);
  }
  for (const token of sortedValues(image.delegationTokens)) {
    yield metadataRecord('DelegationTokenRecord', token);
  }
}

function* featureRecords(image: MetadataImage, metadataVersion: number): Generator<MetadataRecord> {
  metadataGates(metadataVersion);
  yield featureLevel(METADATA_VERSION_FEATURE, metadataVersion);
  for (const name of [...image.features.keys()].toSorted()) {
    if (name === METADATA_VERSION_FEATURE || name === KRAFT_VERSION_FEATURE) continue;
    yield featureLevel(name, image.features.get(name) ?? 0);
  }
}

function featureLevel(name: string, level: number): MetadataRecord {
  return metadataRecord('FeatureLevelRecord', { name, featureLevel: level });
}

function* clusterRecords(image: MetadataImage, metadataVersion: number): Generator<MetadataRecord> {
  const { brokers, controllers } = image.cluster;
  for (const broker of sortedValues(brokers)) yield brokerToRecord(broker, metadataVersion);
  if (!metadataGates(metadataVersion).isControllerRegistrationSupported) return;
  for (const controller of sortedValues(controllers)) {
    yield controllerToRecord(controller, metadataVersion);
  }
}

function* topicRecords(image: MetadataImage, metadataVersion: number): Generator<MetadataRecord> {
  for (const topic of sortedValues(image.topics.byName)) {
    yield metadataRecord('TopicRecord', { name: topic.name, topicId: topic.id });
    for (const [partitionId, partition] of topic.partitions.entries()) {
      yield partitionToRecord(topic.id, partitionId, partition, metadataVersion);
    }
  }
}

function* configRecords({ resource, values }: ConfigurationImage): Generator<MetadataRecord> {
  for (const name of [...values.keys()].toSorted()) {
    yield metadataRecord('ConfigRecord', {
      resourceType: resource.type,
      resourceName: resource.name,
      name,
      value: values.get(name) ?? null,
    });
  }
}

function* quotaRecords({ entity, quotas }: ClientQuotaImage): Generator<MetadataRecord> {
  for (const key of [...quotas.keys()].toSorted()) {
    const parts = entity.map(({ entityType, entityName }) => ({ entityType, entityName }));
    const value = quotas.get(key) ?? 0;
    yield metadataRecord('ClientQuotaRecord', { entity: parts, key, value, remove: false });
  }
}

/** Values in the order of their keys, so that equal maps give equal snapshots. */
function sortedValues<V>(map: Iterable<[string | number, V]>): V[] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}
