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
import { type DecisionScope, OperationBound } from './decision-scope.ts';
import { clearElrRecords } from './elr-configs.ts';
import type { ControllerResult } from './operations.ts';
import { inSlices, stepsOf } from './slices.ts';

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
  return alterResources(scope, request, (now, resource) =>
    replacedConfigRecords(
      now,
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
  return alterResources(scope, request, (now, resource) =>
    alteredConfigRecords(
      now,
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

/** One result a resource, whose changes are in one batch; a resource that is named twice is refused once. */
function alterResources<R extends ResourceChange>(
  scope: DecisionScope,
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  recordsOf: (scope: DecisionScope, resource: R) => readonly MetadataRecord[],
): ControllerResult<{ throttleTimeMs: number; responses: ResourceResult[] }> {
  const bound = new OperationBound();
  const repeated = repeatedResources(request.resources);
  const responses: ResourceResult[] = [];
  const steps = stepsOf(withoutRepetitions(request.resources), (now, resource) => {
    let records: readonly MetadataRecord[] = [];
    const error = errorFieldsOf(() => {
      if (!isKnownType(resource)) {
        throw new ApiError(
          ErrorCode.UNSUPPORTED_VERSION,
          `Unknown resource type ${resource.resourceType}.`,
        );
      }
      if (repeated.has(keyOf(resource))) {
        throw new ApiError(ErrorCode.INVALID_REQUEST, 'Duplicate resource.');
      }
      const changes = recordsOf(now, resource);
      records = bound.take(now, [...changes, ...clearElrRecords(now, changes)]);
    });
    const { resourceType, resourceName } = resource;
    responses.push({ ...error, resourceType, resourceName });
    return request.validateOnly ? [] : records;
  });
  return inSlices(scope, { steps, response: () => ({ throttleTimeMs: 0, responses }) });
}

function isKnownType({ resourceType }: ResourceChange): boolean {
  return RESOURCE_TYPES.includes(resourceType);
}

function repeatedResources(resources: readonly ResourceChange[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const key of resources.map(keyOf)) (seen.has(key) ? repeated : seen).add(key);
  return repeated;
}

/** Each resource once; those of unknown types are all answered. */
function withoutRepetitions<R extends ResourceChange>(resources: readonly R[]): R[] {
  const seen = new Set<string>();
  return resources.filter((resource) => {
    if (isKnownType(resource) && seen.has(keyOf(resource))) return false;
    seen.add(keyOf(resource));
    return true;
  });
}

function keyOf({ resourceType, resourceName }: ResourceChange): string {
  return configKey({ type: resourceType, name: resourceName });
}
