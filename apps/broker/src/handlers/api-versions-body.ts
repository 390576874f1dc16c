// The body of an ApiVersions response, the same for both listener roles. Kafka: ApiVersionsResponse, ApiVersionManager.

import type { MetadataImage } from '@ottla/metadata';
import { ApiKey, ErrorCode, requireApi } from '@ottla/protocol';
import { apiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import type {
  ApiVersionsRequest,
  ApiVersionsResponse,
} from '@ottla/protocol/messages/api-versions';
import { isValidClientSoftware } from '../network/request-pipeline.ts';
import { finalizedFeatures, SUPPORTED_FEATURES } from '../server/supported-features.ts';

/** Advertised for Produce although 0 to 2 are gone: librdkafka chooses codecs by this range (KAFKA-18659). */
const PRODUCE_ADVERTISED_MIN = 0;
/** From here on clients say who they are, and have to do it well. */
const CLIENT_SOFTWARE_VERSION_MIN = 3;
/** Clients of older versions cannot read a supported feature whose lowest level is 0 (KAFKA-17492). */
const LEVEL_ZERO_VERSION_MIN = 4;

/**
 * Answers ApiVersions.
 *
 * @param apiKeys what the listener serves
 * @param features levels in force
 */
export function describeApiVersions(
  request: ApiVersionsRequest,
  version: number,
  apiKeys: readonly number[],
  features: { readonly image: MetadataImage; readonly kraftVersion: number },
): ApiVersionsResponse {
  const isValid =
    version < CLIENT_SOFTWARE_VERSION_MIN ||
    (isValidClientSoftware(request.clientSoftwareName) &&
      isValidClientSoftware(request.clientSoftwareVersion));
  if (!isValid) return failedApiVersions(ErrorCode.INVALID_REQUEST);
  const supported = SUPPORTED_FEATURES.filter(
    ({ minSupportedVersion }) => minSupportedVersion > 0 || version >= LEVEL_ZERO_VERSION_MIN,
  );
  const { image, kraftVersion } = features;
  const finalized = finalizedFeatures(image, kraftVersion);
  return apiVersionsResponse.create({
    apiKeys: apiKeys.toSorted((a, b) => a - b).map(advertised),
    supportedFeatures: supported.map((feature) => ({
      name: feature.name,
      minVersion: feature.minSupportedVersion,
      maxVersion: feature.maxSupportedVersion,
    })),
    finalizedFeaturesEpoch: finalized.size === 0 ? -1 : image.provenance.lastContainedOffset,
    finalizedFeatures: [...finalized].map(([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  });
}

/** The response that carries nothing but an error. */
export function failedApiVersions(errorCode: number): ApiVersionsResponse {
  return apiVersionsResponse.create({ errorCode });
}

function advertised(apiKey: number): ApiVersionsResponse['apiKeys'][number] {
  const { minVersion, maxVersion } = requireApi(apiKey);
  return {
    apiKey,
    minVersion: apiKey === ApiKey.Produce ? PRODUCE_ADVERTISED_MIN : minVersion,
    maxVersion,
  };
}
