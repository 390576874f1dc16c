// The feature levels that this version serves (KIP-584): what it registers with and what ApiVersions tells. A feature
// that is not here is at level 0, which is off. Kafka: BrokerFeatures.

import {
  ELR_FEATURE,
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  METADATA_VERSION_LATEST_PRODUCTION,
  METADATA_VERSION_MIN,
} from '@ottla/metadata';
import type { MetadataImage, SupportedFeature } from '@ottla/metadata';

/** Of `kraft.version`: 1 has dynamic quorums (KIP-853), which every quorum that Ottla formats is. */
const KRAFT_VERSION_MAX = 1;

/** Of `eligible.leader.replicas.version`: 1 has eligible leader replicas (KIP-966). */
const ELR_MAX = 1;

/** Both ends inclusive, sorted by name. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: ELR_FEATURE, minSupportedVersion: 0, maxSupportedVersion: ELR_MAX },
  { name: KRAFT_VERSION_FEATURE, minSupportedVersion: 0, maxSupportedVersion: KRAFT_VERSION_MAX },
  {
    name: METADATA_VERSION_FEATURE,
    minSupportedVersion: METADATA_VERSION_MIN,
    maxSupportedVersion: METADATA_VERSION_LATEST_PRODUCTION,
  },
];

/** Levels with which a new cluster begins, by feature: the highest that are served, as Apache Kafka's are the latest. */
export const FIRST_LEVELS: Readonly<Record<string, number>> = Object.fromEntries(
  SUPPORTED_FEATURES.map(({ name, maxSupportedVersion }) => [name, maxSupportedVersion]),
);

/** Levels in force, by feature; empty before the cluster has any. `kraft.version` is the raft layer's, not the image's. */
export function finalizedFeatures(
  image: MetadataImage,
  kraftVersion: number,
): ReadonlyMap<string, number> {
  if (image.features.size === 0 || kraftVersion === 0) return image.features;
  return new Map([...image.features, [KRAFT_VERSION_FEATURE, kraftVersion]]);
}
