// The records with which a cluster begins: finalized feature levels first. They are written to
// `bootstrap.checkpoint` when a log directory is formatted and into the metadata log by the first
// leader. Kafka: org.apache.kafka.metadata.bootstrap.BootstrapMetadata.
import {
  FEATURES,
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  METADATA_VERSION_LATEST_PRODUCTION,
  metadataGates,
} from '../feature-levels.ts';
import { MetadataError } from '../errors.ts';
import { metadataRecord, type MetadataRecord } from '../metadata-record.ts';

/** Name of the file in the log directory that holds the bootstrap records, in the form of a snapshot. */
export const BOOTSTRAP_CHECKPOINT_FILE = 'bootstrap.checkpoint';

/** How a cluster begins. */
export interface BootstrapMetadata {
  readonly records: readonly MetadataRecord[];
  /** Level of `metadata.version` in `records`. */
  readonly metadataVersion: number;
  /** Where the records come from, for the log; such as the file's name. */
  readonly source: string;
}

/**
 * The bootstrap of a cluster that Ottla formats: the newest production `metadata.version`, and the
 * features given.
 *
 * @param levels level by feature name; features left out, or at 0, are off and get no record
 * @throws RangeError for a feature or level that Kafka 4.3 does not know
 */
export function createBootstrap(levels: Readonly<Record<string, number>> = {}): BootstrapMetadata {
  const metadataVersion = levels[METADATA_VERSION_FEATURE] ?? METADATA_VERSION_LATEST_PRODUCTION;
  metadataGates(metadataVersion);
  const records = [featureLevel(METADATA_VERSION_FEATURE, metadataVersion)];
  for (const name of Object.keys(levels).toSorted()) {
    if (name === METADATA_VERSION_FEATURE || name === KRAFT_VERSION_FEATURE) continue;
    const level = levels[name] ?? 0;
    const maxLevel = FEATURES.find((feature) => feature.name === name)?.maxLevel;
    if (maxLevel === undefined || level < 0 || level > maxLevel) {
      throw new RangeError(`feature ${name} has no level ${level}`);
    }
    if (level > 0) records.push(featureLevel(name, level));
  }
  return { records, metadataVersion, source: 'the default bootstrap' };
}

/**
 * The bootstrap that a `bootstrap.checkpoint` holds.
 *
 * @throws MetadataError INCONSISTENT_METADATA when no record finalizes `metadata.version`
 */
export function bootstrapFromRecords(
  records: readonly MetadataRecord[],
  source: string = BOOTSTRAP_CHECKPOINT_FILE,
): BootstrapMetadata {
  for (const record of records) {
    if (record.type !== 'FeatureLevelRecord') continue;
    const { name, featureLevel: level } = record.value;
    if (name === METADATA_VERSION_FEATURE) return { records, metadataVersion: level, source };
  }
  throw new MetadataError(
    'INCONSISTENT_METADATA',
    `${source} finalizes no ${METADATA_VERSION_FEATURE}`,
  );
}

function featureLevel(name: string, level: number): MetadataRecord {
  return metadataRecord('FeatureLevelRecord', { name, featureLevel: level });
}
