// `min.insync.replicas` while eligible leader replicas are on (KIP-966): who is eligible follows from it, so the
// controller and every broker must see the same value. It stands at the level of the cluster, no broker has one of its
// own, and when it changes, what was eligible under the old value is forgotten.
// Kafka: ConfigurationControlManager.maybeGenerateElrSafetyRecords, createClearElrRecordsAsNeeded.
import { ErrorCode } from '@ottla/protocol';
import { type ConfigResource, ConfigResourceType } from '../image/metadata-image.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError } from './api-error.ts';
import type { ControllerConfigs } from './controller-options.ts';
import { type DecisionScope, isElrEnabled } from './decision-scope.ts';

const MIN_ISR = 'min.insync.replicas';
const { BROKER, TOPIC } = ConfigResourceType;
const NO_LAYERS = { topic: new Map(), node: new Map(), cluster: new Map() };

/** Records that make it safe to switch eligible leader replicas on; none when they were written before. */
export function elrSafetyRecords({ image, options }: DecisionScope): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  let isClusterWide = false;
  for (const { resource, values } of image.configs.values()) {
    if (resource.type !== BROKER || !values.has(MIN_ISR)) continue;
    if (resource.name === '') isClusterWide = true;
    else records.push(minIsrRecord(resource.name, null));
  }
  if (isClusterWide) return records;
  return [clusterMinIsrRecord(options.configs), ...records];
}

/** The record of `min.insync.replicas` for the whole cluster, as it is configured statically. */
export function clusterMinIsrRecord(configs: ControllerConfigs): MetadataRecord {
  return minIsrRecord('', configs.effectiveTopicConfig(MIN_ISR, NO_LAYERS) ?? '1');
}

/**
 * Checks a change of one config.
 *
 * @param value null when it is removed
 * @throws ApiError INVALID_CONFIG for what must not change while eligible leader replicas are on
 */
export function checkMinIsrChange(
  scope: DecisionScope,
  { type, name: resourceName }: ConfigResource,
  name: string,
  value: string | null,
): void {
  if (name !== MIN_ISR || type !== BROKER || !isElrEnabled(scope)) return;
  if (resourceName !== '') {
    refuse(`Broker-level ${MIN_ISR} cannot be altered while ELR is enabled.`);
  }
  if (value === null) refuse(`Cluster-level ${MIN_ISR} cannot be removed while ELR is enabled.`);
}

/** Records that forget who was eligible, after changes of configs; none while the feature is off. */
export function clearElrRecords(
  scope: DecisionScope,
  changes: readonly MetadataRecord[],
): MetadataRecord[] {
  if (!isElrEnabled(scope)) return [];
  const records: MetadataRecord[] = [];
  for (const { type, value } of changes) {
    if (type !== 'ConfigRecord' || value.name !== MIN_ISR) continue;
    const topicName = value.resourceType === TOPIC ? value.resourceName : '';
    records.push(metadataRecord('ClearElrRecord', { topicName }));
  }
  return records;
}

function minIsrRecord(resourceName: string, value: string | null): MetadataRecord {
  return metadataRecord('ConfigRecord', {
    resourceType: BROKER,
    resourceName,
    name: MIN_ISR,
    value,
  });
}

function refuse(message: string): never {
  throw new ApiError(ErrorCode.INVALID_CONFIG, message);
}
