// The data directories: locked, formatted when they are new, refused when they are somebody else's. The first one holds
// the metadata log. Kafka: StorageTool, MetaPropertiesEnsemble.

import { LogDirectory, LogError, META_PROPERTIES_FILE, SlabPool } from '@ottla/log';
import type { BufferPool } from '@ottla/log';
import {
  BOOTSTRAP_CHECKPOINT_FILE,
  bootstrapFromRecords,
  createBootstrap,
  decodeMetadataRecord,
  encodeMetadataRecord,
} from '@ottla/metadata';
import type { BootstrapMetadata } from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import type { Uuid } from '@ottla/protocol';
import {
  formatStandaloneQuorum,
  METADATA_LOG_FOLDER,
  QUORUM_STATE_FILE,
  readBootstrapFile,
  writeBootstrapFile,
} from '@ottla/raft';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ClosingStack } from './closing-stack.ts';
import { randomUuid } from './random-uuid.ts';
import { StartError } from './start-error.ts';
import { FIRST_LEVELS } from './supported-features.ts';

export interface StorageOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly logger: Logger;
  readonly closing: ClosingStack;
  /** Memory for cold reads, and for what other servers answer. */
  readonly buffers: BufferPool;
  /** The cluster to format new directories for; default: random, or that of the other directories. */
  readonly clusterId?: Uuid;
  /** `--memory`: bytes of all logs above which the oldest segments go. */
  readonly logBytesMax?: number;
  /** A directory failed for good. */
  readonly onFailure: (directory: LogDirectory, error: LogError) => void;
}

/** Open directories of one node. */
export interface Storage {
  readonly clusterId: Uuid;
  readonly buffers: BufferPool;
  /** At least one; the first holds the metadata log. */
  readonly directories: readonly [LogDirectory, ...LogDirectory[]];
  /** Paths of those that could not be opened. */
  readonly lostPaths: readonly string[];
  /** Id of each directory, in the same order. */
  readonly directoryIds: readonly [Uuid, ...Uuid[]];
  readonly bootstrap: BootstrapMetadata;
  /** Whether the node was new and has been formatted. */
  readonly wasFormatted: boolean;
}

/** @throws LogError, StartError: one line each */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const directories: LogDirectory[] = [];
  const lostPaths: string[] = [];
  for (const path of options.config.logDirs) {
    try {
      directories.push(await openDirectory(options, path));
    } catch (error) {
      // The first one has the metadata log. What another one held is offline, as if it failed later.
      const isLost = error instanceof LogError && error.code === 'KAFKA_STORAGE_ERROR';
      if (!isLost || directories.length === 0) throw error;
      lostPaths.push(path);
      options.logger.error(`${error.message}; its partitions are offline until the next start`);
    }
  }
  const [first, ...others] = directories;
  if (first === undefined) throw new StartError('CONFIG', 'log.dirs names no directory');
  const known = identityOf(options, directories);
  if (known === undefined && options.clusterId === undefined && !options.config.isStandalone)
    throw new StartError(
      'CONFIG',
      `${first.path} is new, and which cluster it is for is not known: format it with \`ottla storage format\`, or start with --cluster-id`,
    );
  const clusterId = known ?? options.clusterId ?? randomUuid(options.platform.random);
  if (known !== undefined && options.clusterId !== undefined && options.clusterId !== known)
    throw new StartError(
      'DIRECTORY_FOREIGN',
      `${first.path} belongs to cluster ${known}, not to ${options.clusterId}: choose another log.dirs`,
    );
  const wasFormatted = first.meta === undefined;
  const directoryIds: [Uuid, ...Uuid[]] = [await formatted(options, first, clusterId, true)];
  for (const directory of others)
    directoryIds.push(await formatted(options, directory, clusterId, false));
  const bootstrap = await readBootstrap(options.platform, first);
  return {
    clusterId,
    buffers: options.buffers,
    directories: [first, ...others],
    lostPaths,
    directoryIds,
    bootstrap,
    wasFormatted,
  };
}

async function openDirectory(options: StorageOptions, path: string): Promise<LogDirectory> {
  const { platform, config, logger, closing, buffers, logBytesMax, onFailure } = options;
  const flushCheckMs = config.number('log.flush.scheduler.interval.ms');
  const directory: LogDirectory = await LogDirectory.open({
    platform,
    logger,
    path,
    slabs: new SlabPool(),
    readBuffers: buffers,
    tailCacheBytes: config.number('ottla.log.tail.cache.bytes') / config.logDirs.length,
    handlesMax: Math.ceil(config.number('ottla.log.open.files.max') / config.logDirs.length),
    retentionCheckMs: config.number('log.retention.check.interval.ms'),
    checkpointMs: config.number('log.flush.offset.checkpoint.interval.ms'),
    highWatermarkCheckpointMs: config.number('replica.high.watermark.checkpoint.interval.ms'),
    firstTaskMs: config.number('log.initial.task.delay.ms'),
    ...(isRepeated(flushCheckMs) ? { flushCheckMs } : {}),
    onFailure: (error) => onFailure(directory, error),
    ...(logBytesMax === undefined ? {} : { sizeBytesMax: logBytesMax }),
  });
  closing.add(`data directory ${path}`, () => directory.close());
  return directory;
}

/** What Kafka writes for never is 2^63−1, and nothing is repeated without a pause. */
function isRepeated(intervalMs: number): boolean {
  return intervalMs > 0 && intervalMs < Number.MAX_SAFE_INTEGER;
}

/** The cluster that formatted directories belong to; undefined when all are new. */
function identityOf(
  { config }: StorageOptions,
  directories: readonly LogDirectory[],
): Uuid | undefined {
  let clusterId: Uuid | undefined;
  for (const { path, meta } of directories) {
    if (meta === undefined) continue;
    if (meta.nodeId !== config.nodeId)
      throw new StartError(
        'DIRECTORY_FOREIGN',
        `${path} belongs to node ${meta.nodeId}, but node.id is ${config.nodeId}: set node.id=${meta.nodeId} or choose another log.dirs`,
      );
    if (clusterId !== undefined && clusterId !== meta.clusterId)
      throw new StartError(
        'DIRECTORY_FOREIGN',
        `${path} belongs to cluster ${meta.clusterId}, the other log.dirs to ${clusterId}: choose directories of one cluster`,
      );
    clusterId = meta.clusterId;
  }
  return clusterId;
}

/** Formats the directory if it is new. The identity comes last: what has none was never used. @returns its id */
async function formatted(
  { platform, config, logger }: StorageOptions,
  directory: LogDirectory,
  clusterId: Uuid,
  isFirst: boolean,
): Promise<Uuid> {
  if (directory.meta !== undefined) return directory.meta.directoryId;
  const { disk, random, clock } = platform;
  await refuseUsed(platform, directory);
  const directoryId = randomUuid(random);
  if (isFirst) {
    const { records } = createBootstrap(FIRST_LEVELS);
    const values = records.map((record) => encodeMetadataRecord(record));
    await writeBootstrapFile(
      disk,
      `${directory.path}/${BOOTSTRAP_CHECKPOINT_FILE}`,
      values,
      clock.nowMs(),
    );
    if (config.isStandalone) {
      // Where this node is reached is not known before it listens; the first leader writes it.
      const voter = { id: config.nodeId, directoryId, endpoints: [] };
      await formatStandaloneQuorum(disk, directory.path, voter, clock.nowMs());
    }
  }
  await directory.format({ clusterId, nodeId: config.nodeId, directoryId });
  logger.info(`formatted ${directory.path} for cluster ${clusterId}`, { directoryId });
  return directoryId;
}

/** Logs without an identity are somebody's data whose `meta.properties` was lost. */
async function refuseUsed({ disk }: Platform, directory: LogDirectory): Promise<void> {
  const logs = (await directory.listLogs()).filter((name) => name !== METADATA_LOG_FOLDER);
  const state = `${directory.path}/${METADATA_LOG_FOLDER}/${QUORUM_STATE_FILE}`;
  const strange = (await disk.readdir(directory.path)).find((name) => !isOwnName(name));
  if (logs.length === 0 && strange !== undefined)
    throw new StartError(
      'DIRECTORY_FOREIGN',
      `${directory.path} holds other files (${strange}) and no meta.properties: choose an empty or a new log.dirs`,
    );
  if (logs.length === 0 && (await disk.stat(state)) === undefined) return;
  throw new StartError(
    'DIRECTORY_INVALID',
    `${directory.path} holds logs but no meta.properties: restore that file, or choose an empty log.dirs`,
  );
}

/** What a directory may hold before it is formatted: nothing but what we leave when formatting is cut short. */
function isOwnName(name: string): boolean {
  const own = [METADATA_LOG_FOLDER, BOOTSTRAP_CHECKPOINT_FILE, META_PROPERTIES_FILE, 'lost+found'];
  return name.startsWith('.') || own.some((each) => name === each || name.startsWith(`${each}.`));
}

async function readBootstrap(
  { disk }: Platform,
  directory: LogDirectory,
): Promise<BootstrapMetadata> {
  const path = `${directory.path}/${BOOTSTRAP_CHECKPOINT_FILE}`;
  const values = await readBootstrapFile(disk, path);
  if (values === undefined) return createBootstrap();
  return bootstrapFromRecords(values.map((value) => decodeMetadataRecord(value)));
}
