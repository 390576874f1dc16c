// What a broker checks of AlterConfigs and IncrementalAlterConfigs before it forwards them: the form of the request, and
// values of broker resources, which are a matter of the broker's own table. Topics and groups are the controller's.
// Kafka: ConfigAdminManager.preprocess.

import { configsOf, ConfigResourceType, type MetadataImage } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import { ConfigError } from '../config/config-error.ts';
import { defaultText, isListKey, validateConfigs } from '../config/dynamic-config.ts';
import { ApiError } from '../network/api-error.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { requireOwnNodeId } from './own-node-id.ts';

/** One asked change; AlterConfigs has no operation, it sets. */
export interface ConfigChange {
  readonly name: string;
  readonly value: string | null;
  readonly configOperation?: number;
}

/** One resource of either request. */
export interface ChangedResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly ConfigChange[];
}

/** What became of one resource; the fields of both responses. */
export interface ChangeResult {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

/** Most that an answer is held back until its change has come to this broker; the requests do not say. */
const CATCH_UP_MS_MAX = 1000;
const Operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

/**
 * Refuses what can be refused here, has the controller decide on the rest, waits until this broker works with what was
 * decided, and puts the results in the order of the request.
 *
 * @param submit forwards the resources that are left; not called when there are none
 */
export async function changeConfigs<Resource extends ChangedResource>(
  services: BrokerServices,
  {
    resources,
    validateOnly,
  }: { readonly resources: readonly Resource[]; readonly validateOnly: boolean },
  submit: (rest: Resource[]) => Promise<readonly ChangeResult[]>,
): Promise<ChangeResult[]> {
  const refused = new Map<Resource, ChangeResult>();
  const repeated = repeatedIn(resources);
  for (const resource of resources) {
    const error = refusal(services, resource, repeated);
    if (error !== undefined) refused.set(resource, result(resource, error.code, error.message));
  }
  const rest = resources.filter((resource) => !refused.has(resource));
  const decided = rest.length === 0 ? [] : await submit(rest);
  const results = new Map(decided.map((one) => [keyOf(one), one]));
  const changed = rest.filter(
    (resource) => results.get(keyOf(resource))?.errorCode === ErrorCode.NONE,
  );
  if (!validateOnly) await services.catchUp.applied(hasChanged(changed), CATCH_UP_MS_MAX);
  return resources.map(
    (resource) =>
      refused.get(resource) ??
      results.get(keyOf(resource)) ??
      result(resource, ErrorCode.UNKNOWN_SERVER_ERROR, 'the controller did not say'),
  );
}

function refusal(
  services: BrokerServices,
  resource: ChangedResource,
  repeated: ReadonlySet<string>,
): ApiError | undefined {
  try {
    checkForm(resource, repeated);
    if (resource.resourceType === ConfigResourceType.BROKER) checkBroker(services, resource);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    if (error instanceof ConfigError) return new ApiError(ErrorCode.INVALID_REQUEST, error.message);
    throw error;
  }
}

function checkForm(resource: ChangedResource, repeated: ReadonlySet<string>): void {
  if (repeated.has(keyOf(resource))) throw invalid('Each resource must appear at most once.');
  const names = resource.configs.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid('Error due to duplicate config keys');
  const nulls = resource.configs.filter(
    ({ value, configOperation }) => value === null && configOperation !== Operation.DELETE,
  );
  if (nulls.length > 0)
    throw invalid(`Null value not supported for : ${nulls.map(({ name }) => name).join(', ')}`);
  switch (resource.resourceType) {
    case ConfigResourceType.TOPIC:
    case ConfigResourceType.BROKER:
    case ConfigResourceType.CLIENT_METRICS:
    case ConfigResourceType.GROUP:
      return;
    case ConfigResourceType.BROKER_LOGGER:
      throw invalid('log levels cannot be changed while this version runs');
    default:
      throw invalid(`Unknown resource type ${resource.resourceType}`);
  }
}

function checkBroker(services: BrokerServices, resource: ChangedResource): void {
  const { resourceName } = resource;
  if (resourceName !== '') requireOwnNodeId(resourceName, services.brokerId);
  const scope = resourceName === '' ? 'cluster' : 'broker';
  const existing = configsOf(services.image(), {
    type: ConfigResourceType.BROKER,
    name: resourceName,
  });
  const isIncremental = resource.configs.some(
    ({ configOperation }) => configOperation !== undefined,
  );
  const values = new Map(isIncremental ? existing : []);
  for (const change of resource.configs) applyChange(values, change, scope);
  validateConfigs(scope, values);
}

function applyChange(
  values: Map<string, string>,
  { name, value, configOperation = Operation.SET }: ConfigChange,
  scope: 'broker' | 'cluster',
): void {
  const text = value ?? '';
  switch (configOperation) {
    case Operation.SET:
      values.set(name, text);
      return;
    case Operation.DELETE:
      values.delete(name);
      return;
    case Operation.APPEND:
    case Operation.SUBTRACT: {
      if (!isListKey(scope, name))
        throw invalid(`Config value append or subtract is not allowed for config key: ${name}`);
      const before = elements(values.get(name) ?? defaultText(scope, name) ?? '');
      const named = elements(text);
      const after =
        configOperation === Operation.APPEND
          ? [...before, ...named.filter((one) => !before.includes(one))]
          : before.filter((one) => !named.includes(one));
      values.set(name, after.join(','));
      return;
    }
    default:
      throw invalid(`Unknown operations type ${configOperation}`);
  }
}

function elements(list: string): string[] {
  return list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** Whether the metadata has the values that were set and not those that were deleted; lists are not looked into. */
function hasChanged(resources: readonly ChangedResource[]): (image: MetadataImage) => boolean {
  return (image) =>
    resources.every(({ resourceType, resourceName, configs }) => {
      const values = configsOf(image, { type: resourceType, name: resourceName });
      return configs.every(({ name, value, configOperation = Operation.SET }) => {
        if (configOperation === Operation.SET && value !== null) return values.get(name) === value;
        return configOperation !== Operation.DELETE || !values.has(name);
      });
    });
}

/** Those that are named more than once. */
function repeatedIn(resources: readonly ChangedResource[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const key of resources.map(keyOf)) (seen.has(key) ? repeated : seen).add(key);
  return repeated;
}

function keyOf(resource: Pick<ChangedResource, 'resourceType' | 'resourceName'>): string {
  return `${resource.resourceType}/${resource.resourceName}`;
}

function result(resource: ChangedResource, errorCode: number, errorMessage: string): ChangeResult {
  const { resourceType, resourceName } = resource;
  return { errorCode, errorMessage, resourceType, resourceName };
}

function invalid(message: string): ApiError {
  return new ApiError(ErrorCode.INVALID_REQUEST, message);
}
