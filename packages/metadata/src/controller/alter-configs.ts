// AlterConfigs and IncrementalAlterConfigs: per-resource results around `alter-config.ts`.
// Kafka: ControllerApis.handleLegacyAlterConfigs and handleIncrementalAlterConfigs; KIP-339.
import { ErrorCode } from '@ottla/protocol';
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
} from '@ottla/protocol/messages/alter-configs';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '@ottla/protocol/messages/incremental-alter-configs';
import { configKey, ConfigResourceType } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../metadata-record.ts';
import {
  alteredConfigRecords,
  type ConfigOperation,
  replacedConfigRecords,
} from './alter-config.ts';
import { ApiError, errorFieldsOf } from './api-error.ts';
import { type DecisionScope, OperationRecords } from './decision-scope.ts';
import { clearElrRecords } from './elr-configs.ts';
import type { ControllerResult } from './operations.ts';

/** Operation names by their number on the wire. */
const OPERATION_TYPES: ReadonlyArray<ConfigOperation['type']> = [
  'SET',
  'DELETE',
  'APPEND',
  'SUBTRACT',
];

const RESOURCE_TYPES: readonly number[] = Object.values(ConfigResourceType);

interface ResourceChange {
  readonly resourceType: number;
  readonly resourceName: string;
}

interface ResourceResult extends ResourceChange {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Decides on an AlterConfigs request, which replaces all configs of each resource. */
export function alterConfigs(
  scope: DecisionScope,
  request: AlterConfigsRequest,
): ControllerResult<AlterConfigsResponse> {
  return alterResources(scope, request, (resource) =>
    replacedConfigRecords(
      scope,
      { type: resource.resourceType, name: resource.resourceName },
      new Map(resource.configs.map(({ name, value }) => [name, value])),
    ),
  );
}

/** Decides on an IncrementalAlterConfigs request, which changes single keys of each resource. */
export function incrementalAlterConfigs(
  scope: DecisionScope,
  request: IncrementalAlterConfigsRequest,
): ControllerResult<IncrementalAlterConfigsResponse> {
  return alterResources(scope, request, (resource) =>
    alteredConfigRecords(
      scope,
      { type: resource.resourceType, name: resource.resourceName },
      operationsOf(resource),
      { isNewResource: false },
    ),
  );
}

function operationsOf({
  configs,
}: IncrementalAlterConfigsRequest['resources'][number]): ReadonlyMap<string, ConfigOperation> {
  const operations = new Map<string, ConfigOperation>();
  const nulls: string[] = [];
  for (const { name, configOperation, value } of configs) {
    const type = OPERATION_TYPES[configOperation];
    if (type === undefined) {
      throw new ApiError(
        ErrorCode.INVALID_REQUEST,
        `Unknown operation type ${configOperation} for ${name}`,
      );
    }
    if (value === null && type !== 'DELETE') nulls.push(name);
    operations.set(name, { type, value });
  }
  if (nulls.length > 0) {
    throw new ApiError(
      ErrorCode.INVALID_REQUEST,
      `Null value not supported for : ${nulls.join(', ')}`,
    );
  }
  return operations;
}

/** One result a resource; a resource that is named twice is refused once. */
function alterResources<R extends ResourceChange>(
  scope: DecisionScope,
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  recordsOf: (resource: R) => readonly MetadataRecord[],
): ControllerResult<{ throttleTimeMs: number; responses: ResourceResult[] }> {
  const records = new OperationRecords(scope);
  const counts = new Map<string, number>();
  for (const resource of request.resources) {
    counts.set(keyOf(resource), (counts.get(keyOf(resource)) ?? 0) + 1);
  }
  const responses: ResourceResult[] = [];
  const answered = new Set<string>();
  for (const resource of request.resources) {
    const key = keyOf(resource);
    const isKnownType = RESOURCE_TYPES.includes(resource.resourceType);
    if (isKnownType && answered.has(key)) continue;
    answered.add(key);
    const error = errorFieldsOf(() => {
      if (!isKnownType) {
        throw new ApiError(
          ErrorCode.UNSUPPORTED_VERSION,
          `Unknown resource type ${resource.resourceType}.`,
        );
      }
      if ((counts.get(key) ?? 0) > 1) {
        throw new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate resource.');
      }
      records.add(...recordsOf(resource));
    });
    const { resourceType, resourceName } = resource;
    responses.push({ ...error, resourceType, resourceName });
  }
  records.add(...clearElrRecords(scope, records.all));
  const response = { throttleTimeMs: 0, responses };
  return { records: request.validateOnly ? [] : records.all, response };
}

function keyOf({ resourceType, resourceName }: ResourceChange): string {
  return configKey({ type: resourceType, name: resourceName });
}
