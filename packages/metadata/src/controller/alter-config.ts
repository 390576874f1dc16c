// What a change of one resource's configs comes to, and whether it is allowed.
// Kafka: org.apache.kafka.controller.ConfigurationControlManager and ControllerConfigurationValidator.
import { ErrorCode } from '@ottla/protocol';
import { type ConfigResource, ConfigResourceType, configsOf } from '../image/metadata-image.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';
import { ApiError } from './api-error.ts';
import type { DecisionScope } from './decision-scope.ts';
import { checkMinIsrChange } from './elr-configs.ts';
import { invalidTopicName } from './topic-names.ts';

/** Longest config value, in characters; it has to fit a string on the wire. */
export const CONFIG_VALUE_LENGTH_MAX = 32_767;

/** What to do with one key. APPEND and SUBTRACT take a comma-separated list. */
export interface ConfigOperation {
  readonly type: 'SET' | 'DELETE' | 'APPEND' | 'SUBTRACT';
  /** Not used by DELETE. */
  readonly value: string | null;
}

/**
 * The records of an incremental change.
 *
 * @param isNewResource the resource is about to be created in the same batch and need not exist yet
 * @throws ApiError when the change is refused; then none of it is done
 */
export function alteredConfigRecords(
  scope: DecisionScope,
  resource: ConfigResource,
  operations: ReadonlyMap<string, ConfigOperation>,
  { isNewResource }: { readonly isNewResource: boolean },
): MetadataRecord[] {
  const existing = configsOf(scope.image, resource);
  const changes = new Map<string, string | null>();
  for (const [name, operation] of operations) {
    const current = existing.get(name) ?? null;
    const next = nextValue(scope, resource, name, current, operation);
    // Brokers reload what a config points at (such as a key store) even when its value stays.
    const isReload = resource.type === ConfigResourceType.BROKER;
    if (next !== current || isReload) changes.set(name, next);
  }
  checkChange(scope, resource, existing, changes, isNewResource);
  return configRecords(resource, changes);
}

/**
 * The records that replace all configs of a resource (the older AlterConfigs).
 *
 * @throws ApiError when the change is refused; then none of it is done
 */
export function replacedConfigRecords(
  scope: DecisionScope,
  resource: ConfigResource,
  configs: ReadonlyMap<string, string | null>,
): MetadataRecord[] {
  const operations = new Map<string, ConfigOperation>();
  for (const [name, value] of configs) operations.set(name, { type: 'SET', value });
  for (const name of configsOf(scope.image, resource).keys()) {
    if (!configs.has(name)) operations.set(name, { type: 'DELETE', value: null });
  }
  return alteredConfigRecords(scope, resource, operations, { isNewResource: false });
}

function nextValue(
  scope: DecisionScope,
  { type }: ConfigResource,
  name: string,
  current: string | null,
  operation: ConfigOperation,
): string | null {
  switch (operation.type) {
    case 'SET':
      return operation.value;
    case 'DELETE':
      return null;
    case 'APPEND':
    case 'SUBTRACT': {
      const { configs } = scope.options;
      if (!configs.isList(type, name)) {
        throw new ApiError(
          ErrorCode.INVALID_CONFIG,
          `Can't ${operation.type} to key ${name} because its type is not LIST.`,
        );
      }
      const parts = listOf(current ?? configs.defaultValue(type, name) ?? '');
      const operands = (operation.value ?? '').split(',');
      if (operation.type === 'SUBTRACT') {
        return parts.filter((part) => !operands.includes(part)).join(',');
      }
      return [...new Set([...parts, ...operands])].join(',');
    }
  }
}

function listOf(value: string): string[] {
  return value.split(',').filter((part) => part !== '');
}

function checkChange(
  scope: DecisionScope,
  resource: ConfigResource,
  existing: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string | null>,
  isNewResource: boolean,
): void {
  const configs = new Map(existing);
  for (const [name, value] of changes) {
    checkMinIsrChange(scope, resource, name, value);
    if (value === null) {
      configs.delete(name);
      continue;
    }
    if (value.length > CONFIG_VALUE_LENGTH_MAX) {
      throw new ApiError(
        ErrorCode.INVALID_CONFIG,
        'The configuration value cannot be added because it exceeds the maximum value size of ' +
          `${CONFIG_VALUE_LENGTH_MAX} bytes.`,
      );
    }
    configs.set(name, value);
  }
  checkResourceName(resource);
  const refusal = scope.options.configs.validate(resource, configs, existing);
  if (refusal !== undefined) throw new ApiError(ErrorCode.INVALID_CONFIG, refusal);
  if (!isNewResource) checkExists(scope, resource);
}

function checkResourceName({ type, name }: ConfigResource): void {
  switch (type) {
    case ConfigResourceType.TOPIC: {
      if (name === '') refuseRequest('Default topic resources are not allowed.');
      const invalid = invalidTopicName(name);
      if (invalid !== undefined) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid);
      return;
    }
    case ConfigResourceType.BROKER: {
      if (name === '') return;
      if (!/^[+-]?\d+$/.test(name))
        refuseRequest('Unable to parse broker name as a base 10 number.');
      if (Number(name) < 0) refuseRequest('Invalid negative broker ID.');
      return;
    }
    case ConfigResourceType.GROUP:
      if (name === '') refuseRequest('Default group resources are not allowed.');
      return;
    case ConfigResourceType.CLIENT_METRICS:
      return;
    default:
      // Loggers are not in the metadata log: a broker changes its own.
      refuseRequest(`Unknown resource type ${type}`);
  }
}

function checkExists({ image }: DecisionScope, { type, name }: ConfigResource): void {
  if (type === ConfigResourceType.TOPIC && !image.topics.byName.has(name)) {
    throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
  }
  if (type === ConfigResourceType.BROKER && name !== '') {
    const nodeId = Number(name);
    if (image.cluster.brokers.has(nodeId) || image.cluster.controllers.has(nodeId)) return;
    throw new ApiError(ErrorCode.BROKER_ID_NOT_REGISTERED, `No node with id ${nodeId} found.`);
  }
}

function configRecords(
  { type, name: resourceName }: ConfigResource,
  changes: ReadonlyMap<string, string | null>,
): MetadataRecord[] {
  return [...changes].map(([name, value]) =>
    metadataRecord('ConfigRecord', { resourceType: type, resourceName, name, value }),
  );
}

function refuseRequest(message: string): never {
  throw new ApiError(ErrorCode.INVALID_REQUEST, message);
}
