// Which feature levels belong to a release, and what a level needs. Kafka: StorageTool's version-mapping and
// feature-dependencies, MetadataVersion.fromVersionString, Feature.defaultLevel.

import {
  FEATURES,
  METADATA_VERSION_FEATURE,
  METADATA_VERSION_LATEST_PRODUCTION,
  METADATA_VERSION_MIN,
  metadataGates,
} from '@ottla/metadata';
import { StartError } from '../server/start-error.ts';

/** In the order in which Kafka lists them. */
const ORDER = [
  'kraft.version',
  'transaction.version',
  'group.version',
  'eligible.leader.replicas.version',
  'share.version',
  'streams.version',
];

/** The level of `metadata.version` in a name such as `4.3-IV0`, or of a release such as `4.3`: its newest. @throws StartError */
export function metadataVersionOf(release: string): number {
  const short = release.split('.').slice(0, 2).join('.');
  let newest: number | undefined;
  for (let level = METADATA_VERSION_MIN; level <= METADATA_VERSION_LATEST_PRODUCTION; level += 1) {
    const { version } = metadataGates(level);
    if (version === release) return level;
    if (version.split('-')[0] === short) newest = level;
  }
  if (newest === undefined)
    throw new StartError(
      'CONFIG',
      `there is no metadata.version ${release}; it goes from ${versionText(METADATA_VERSION_MIN)} to ${versionText(METADATA_VERSION_LATEST_PRODUCTION)}`,
    );
  return newest;
}

/** Kafka's name of a level of `metadata.version`, such as `4.3-IV0`. */
export function versionText(level: number): string {
  return metadataGates(level).version;
}

/** The level that Kafka gives a feature when it formats a cluster at a level of `metadata.version`. */
export function defaultLevel(feature: string, metadataVersion: number): number {
  const levels = FEATURES.find(({ name }) => name === feature)?.bootstrapMetadataVersions ?? [];
  return Math.max(
    0,
    levels.findLastIndex((since) => since <= metadataVersion),
  );
}

/** Lines of `version-mapping`. @throws StartError for a release that Kafka 4.3 does not know */
export function versionMapping(release?: string): string[] {
  const wanted = release ?? versionText(METADATA_VERSION_LATEST_PRODUCTION);
  const metadataVersion = metadataVersionOf(wanted);
  return [
    `${METADATA_VERSION_FEATURE}=${metadataVersion} (${wanted})`,
    ...ORDER.map((name) => `${name}=${defaultLevel(name, metadataVersion)}`),
  ];
}

/** Lines of `feature-dependencies` for `name=level`. @throws StartError */
export function featureDependencies(feature: string): string[] {
  const [name, level] = parseFeature(feature);
  if (name === METADATA_VERSION_FEATURE) {
    if (level < METADATA_VERSION_MIN || level > METADATA_VERSION_LATEST_PRODUCTION)
      throw new StartError('CONFIG', `there is no metadata.version ${level}`);
    return [`${name}=${level} (${versionText(level)}) has no dependencies.`];
  }
  const known = FEATURES.find((each) => each.name === name);
  if (known === undefined) throw new StartError('CONFIG', `there is no feature ${name}`);
  if (level > known.maxLevel)
    throw new StartError('CONFIG', `feature ${name} has no level ${level}`);
  const needed = level > 0 ? known.metadataVersionMin : undefined;
  if (needed === undefined) return [`${name}=${level} has no dependencies.`];
  return [
    `${name}=${level} requires:`,
    `    ${METADATA_VERSION_FEATURE}=${needed} (${versionText(needed)})`,
  ];
}

/** Takes `name=level` apart. @throws StartError */
export function parseFeature(text: string): [name: string, level: number] {
  const match = /^\s*([^=\s]+)\s*=\s*(\d{1,5})\s*$/.exec(text);
  if (match === null)
    throw new StartError('CONFIG', `${text} is not feature=level, such as group.version=1`);
  return [match[1]!, Number(match[2])];
}
