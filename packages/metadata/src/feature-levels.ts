// Feature levels (KIP-584): what each level of `metadata.version` switches on, and the other features
// with the metadata level that each of their levels needs. Facts of Kafka 4.3:
// org.apache.kafka.server.common.MetadataVersion and Feature.
import { MetadataError } from './errors.ts';
import type { MetadataRecordType } from './metadata-record.ts';

/** What one level of `metadata.version` allows. */
export interface MetadataGates {
  readonly level: number;
  /** Kafka's name of the level, such as `4.3-IV0`. */
  readonly version: string;
  /** Whether records of this level differ from those of the level below. */
  readonly didMetadataChange: boolean;
  readonly isLeaderEpochBumpRequiredOnIsrShrink: boolean;
  readonly isMigrationSupported: boolean;
  readonly isScramSupported: boolean;
  readonly isMetadataTransactionSupported: boolean;
  readonly isDelegationTokenSupported: boolean;
  readonly isControllerRegistrationSupported: boolean;
  readonly isDirectoryAssignmentSupported: boolean;
  readonly isElrSupported: boolean;
  readonly isCordonedLogDirsSupported: boolean;
  /** Versions of the records that have more than one. */
  readonly partitionRecord: number;
  readonly partitionChangeRecord: number;
  readonly registerBrokerRecord: number;
}

/** Name of the feature that decides how records are written. */
export const METADATA_VERSION_FEATURE = 'metadata.version';

/** Name of the feature that belongs to the raft layer; it is never part of the image. */
export const KRAFT_VERSION_FEATURE = 'kraft.version';

/** Name of the feature that lets an ISR be empty (KIP-966). */
export const ELR_FEATURE = 'eligible.leader.replicas.version';

/** Lowest level that can be finalized. */
export const METADATA_VERSION_MIN = 7;

/** Highest level that Kafka 4.3 calls production ready. */
export const METADATA_VERSION_LATEST_PRODUCTION = 30;

// One row a level: level, version, whether records change, then the level's letters and record versions.
// E epoch bump on ISR shrink, Z migration, S SCRAM, T transactions, D delegation tokens,
// C controller registration, A directory assignment, R eligible leader replicas, O cordoned directories.
type Row = readonly [
  level: number,
  version: string,
  didMetadataChange: boolean,
  letters: string,
  partition: number,
  partitionChange: number,
  registerBroker: number,
];
const LEVELS: readonly Row[] = [
  [7, '3.3-IV3', true, 'E', 0, 0, 1],
  [8, '3.4-IV0', true, 'EZ', 0, 0, 2],
  [9, '3.5-IV0', false, 'EZ', 0, 0, 2],
  [10, '3.5-IV1', false, 'EZ', 0, 0, 2],
  [11, '3.5-IV2', true, 'EZS', 0, 0, 2],
  [12, '3.6-IV0', false, 'ZS', 0, 0, 2],
  [13, '3.6-IV1', true, 'ZST', 0, 0, 2],
  [14, '3.6-IV2', true, 'ZSTD', 0, 0, 2],
  [15, '3.7-IV0', true, 'ZSTDC', 0, 0, 2],
  [16, '3.7-IV1', false, 'ZSTDC', 0, 0, 2],
  [17, '3.7-IV2', true, 'ZSTDCA', 1, 1, 3],
  [18, '3.7-IV3', false, 'ZSTDCA', 1, 1, 3],
  [19, '3.7-IV4', false, 'ZSTDCA', 1, 1, 3],
  [20, '3.8-IV0', false, 'ZSTDCA', 1, 1, 3],
  [21, '3.9-IV0', false, 'ZSTDCA', 1, 1, 3],
  [22, '4.0-IV0', false, 'ZSTDCA', 1, 1, 3],
  [23, '4.0-IV1', true, 'ZSTDCAR', 2, 2, 3],
  [24, '4.0-IV2', false, 'ZSTDCAR', 2, 2, 3],
  [25, '4.0-IV3', false, 'ZSTDCAR', 2, 2, 3],
  [26, '4.1-IV0', false, 'ZSTDCAR', 2, 2, 3],
  [27, '4.1-IV1', false, 'ZSTDCAR', 2, 2, 3],
  [28, '4.2-IV0', false, 'ZSTDCAR', 2, 2, 3],
  [29, '4.2-IV1', false, 'ZSTDCAR', 2, 2, 3],
  [30, '4.3-IV0', true, 'ZSTDCARO', 2, 2, 4],
  [31, '4.4-IV0', false, 'ZSTDCARO', 2, 2, 4],
];

const gatesByLevel: ReadonlyMap<number, MetadataGates> = new Map(
  LEVELS.map((row) => [row[0], gatesOfRow(row)]),
);

/**
 * What `level` of `metadata.version` allows.
 *
 * @throws MetadataError UNSUPPORTED_METADATA_VERSION for a level that Kafka 4.3 does not know
 */
export function metadataGates(level: number): MetadataGates {
  const gates = gatesByLevel.get(level);
  if (gates === undefined) {
    throw new MetadataError(
      'UNSUPPORTED_METADATA_VERSION',
      `metadata.version ${level} is not supported; levels ${METADATA_VERSION_MIN} to ${LEVELS.at(-1)?.[0]} are`,
    );
  }
  return gates;
}

/**
 * Whether records of the level `high` of `metadata.version` may hold what the level `low` cannot say.
 *
 * @throws MetadataError UNSUPPORTED_METADATA_VERSION for a level that Kafka 4.3 does not know
 */
export function didMetadataChangeBetween(low: number, high: number): boolean {
  for (let level = high; level > low; level--) {
    if (metadataGates(level).didMetadataChange) return true;
  }
  return false;
}

/** Version in which records of kind `type` are written at `metadataVersion`. */
export function recordVersion(type: MetadataRecordType, metadataVersion: number): number {
  const gates = metadataGates(metadataVersion);
  switch (type) {
    case 'PartitionRecord':
      return gates.partitionRecord;
    case 'PartitionChangeRecord':
      return gates.partitionChangeRecord;
    case 'RegisterBrokerRecord':
      return gates.registerBrokerRecord;
    default:
      return 0;
  }
}

/** One feature other than `metadata.version`. */
export interface FeatureDefinition {
  readonly name: string;
  /** Highest level that Kafka 4.3 knows; the lowest is 0, which means off. */
  readonly maxLevel: number;
  /** Level of `metadata.version` at which each level became the default, by level. */
  readonly bootstrapMetadataVersions: readonly number[];
  /** Lowest `metadata.version` at which a level above 0 can be finalized; any, where it is left out. */
  readonly metadataVersionMin?: number;
}

/** The features of Kafka 4.3 besides `metadata.version`. */
export const FEATURES: readonly FeatureDefinition[] = [
  {
    name: ELR_FEATURE,
    maxLevel: 1,
    bootstrapMetadataVersions: [7, 26],
    metadataVersionMin: 23,
  },
  { name: 'group.version', maxLevel: 1, bootstrapMetadataVersions: [7, 22] },
  { name: 'kraft.version', maxLevel: 1, bootstrapMetadataVersions: [7, 21] },
  { name: 'share.version', maxLevel: 1, bootstrapMetadataVersions: [7, 28] },
  { name: 'streams.version', maxLevel: 1, bootstrapMetadataVersions: [7, 29] },
  { name: 'transaction.version', maxLevel: 2, bootstrapMetadataVersions: [7, 24, 24] },
];

function gatesOfRow(row: Row): MetadataGates {
  const [level, version, didMetadataChange, letters, partition, partitionChange, register] = row;
  return {
    level,
    version,
    didMetadataChange,
    isLeaderEpochBumpRequiredOnIsrShrink: letters.includes('E'),
    isMigrationSupported: letters.includes('Z'),
    isScramSupported: letters.includes('S'),
    isMetadataTransactionSupported: letters.includes('T'),
    isDelegationTokenSupported: letters.includes('D'),
    isControllerRegistrationSupported: letters.includes('C'),
    isDirectoryAssignmentSupported: letters.includes('A'),
    isElrSupported: letters.includes('R'),
    isCordonedLogDirsSupported: letters.includes('O'),
    partitionRecord: partition,
    partitionChangeRecord: partitionChange,
    registerBrokerRecord: register,
  };
}
