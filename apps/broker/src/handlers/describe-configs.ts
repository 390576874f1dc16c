// DescribeConfigs: topics, this broker, what all brokers share, groups. Every broker answers from its own
// configuration and the newest image. Kafka: ConfigHelper.

import { configsOf, ConfigResourceType, invalidTopicName, topicByName } from '@ottla/metadata';
import { ErrorCode } from '@ottla/protocol';
import {
  describeConfigsRequest,
  describeConfigsResponse,
} from '@ottla/protocol/messages/describe-configs';
import type {
  DescribeConfigsRequest,
  DescribeConfigsResource,
  DescribeConfigsResourceResult,
  DescribeConfigsResponse,
  DescribeConfigsResult,
} from '@ottla/protocol/messages/describe-configs';
import {
  describeBrokerConfigs,
  describeClusterConfigs,
  describeGroupConfigs,
  describeTopicConfigs,
} from '../config/describe-configs.ts';
import type { DescribedConfig } from '../config/describe-configs.ts';
import { ApiError } from '../network/api-error.ts';
import type { CreateApiHandler } from '../network/api-handler.ts';
import type { BrokerServices } from '../server/broker-services.ts';
import { requireOwnNodeId } from './own-node-id.ts';

/** Answers for this broker. */
export const createHandler: CreateApiHandler<
  BrokerServices,
  DescribeConfigsRequest,
  DescribeConfigsResponse
> = (services) => ({
  request: describeConfigsRequest,
  response: describeConfigsResponse,
  handle: (_context, request) => {
    for (const { resourceType, resourceName } of request.resources)
      if (!KNOWN_TYPES.has(resourceType))
        throw new ApiError(
          ErrorCode.INVALID_REQUEST,
          `Unexpected resource type ${resourceType} for resource ${resourceName}`,
        );
    const results = request.resources.map((resource) => describe(services, request, resource));
    return describeConfigsResponse.create({ results });
  },
  errorResponse: (request, _version, code, message) =>
    describeConfigsResponse.create({
      results: request.resources.map((resource) => failed(resource, code, message)),
    }),
});

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(ConfigResourceType));

function describe(
  services: BrokerServices,
  request: DescribeConfigsRequest,
  resource: DescribeConfigsResource,
): DescribeConfigsResult {
  try {
    const { resourceType, resourceName, configurationKeys } = resource;
    const configs = configsOfResource(services, resource)
      .filter(({ name }) => isAsked(name, configurationKeys))
      .map((config) => shown(config, request));
    return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return failed(resource, error.code, error.message);
  }
}

function configsOfResource(
  services: BrokerServices,
  { resourceType, resourceName }: DescribeConfigsResource,
): readonly DescribedConfig[] {
  const { config, brokerId } = services;
  const own = configsOf(services.image(), { type: resourceType, name: resourceName });
  switch (resourceType) {
    case ConfigResourceType.TOPIC: {
      const invalid = invalidTopicName(resourceName);
      if (invalid !== undefined) throw new ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, invalid);
      if (topicByName(services.image(), resourceName) === undefined)
        throw new ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      return describeTopicConfigs(config, own);
    }
    case ConfigResourceType.BROKER:
      if (resourceName === '') return describeClusterConfigs(config);
      requireOwnNodeId(resourceName, brokerId);
      return describeBrokerConfigs(config);
    case ConfigResourceType.GROUP:
      if (resourceName === '')
        throw new ApiError(ErrorCode.INVALID_REQUEST, 'Group name must not be empty');
      return describeGroupConfigs(own);
    case ConfigResourceType.BROKER_LOGGER:
      requireOwnNodeId(resourceName, brokerId);
      // There is one logger; its level belongs to the process that started the broker.
      return [];
    default:
      throw new ApiError(
        ErrorCode.INVALID_REQUEST,
        'client metrics are not served by this version',
      );
  }
}

function shown(
  described: DescribedConfig,
  { includeSynonyms, includeDocumentation }: DescribeConfigsRequest,
): DescribeConfigsResourceResult {
  return {
    ...described,
    synonyms: includeSynonyms ? described.synonyms.map((synonym) => ({ ...synonym })) : [],
    documentation: includeDocumentation ? described.documentation : null,
  };
}

function failed(
  { resourceType, resourceName }: DescribeConfigsResource,
  errorCode: number,
  errorMessage: string,
): DescribeConfigsResult {
  return { errorCode, errorMessage, resourceType, resourceName, configs: [] };
}

/** No keys named means all. */
function isAsked(name: string, keys: readonly string[] | null): boolean {
  return keys === null || keys.length === 0 || keys.includes(name);
}
