// Formats data directories as `kafka-storage format` does, with the same files: the controller's first records, for a
// dynamic quorum the snapshot that names its first voters, and the identity last. Kafka: Formatter, StorageTool.

import {
  createDurably,
  META_PROPERTIES_FILE,
  readMetaProperties,
  writeMetaProperties,
} from '@ottla/log';
import {
  BOOTSTRAP_CHECKPOINT_FILE,
  createBootstrap,
  ELR_FEATURE,
  encodeMetadataRecord,
  FEATURES,
  KRAFT_VERSION_FEATURE,
  METADATA_VERSION_FEATURE,
  METADATA_VERSION_LATEST_PRODUCTION,
  METADATA_VERSION_MIN,
} from '@ottla/metadata';
import type { Platform } from '@ottla/platform';
import type { Uuid } from '@ottla/protocol';
import { formatQuorum, KRAFT_VERSIONS, VoterSet, writeBootstrapFile } from '@ottla/raft';
import type { BrokerConfig } from '../config/broker-config.ts';
import { randomUuid } from '../server/random-uuid.ts';
import { StartError } from '../server/start-error.ts';
import { SUPPORTED_FEATURES } from '../server/supported-features.ts';
import { parseInitialVoters } from './initial-voters.ts';
import { defaultLevel, metadataVersionOf, versionText } from './release-features.ts';

/** Who votes first: this node alone, those that are named (`id@host:port:directory`, …), or whoever others say. */
export type FirstVoters = 'standalone' | 'none' | { readonly initialControllers: string };

export interface FormatOptions {
  readonly platform: Platform;
  readonly config: BrokerConfig;
  readonly clusterId: Uuid;
  /** Left out where `controller.quorum.voters` names them, or the node is no controller. */
  readonly voters?: FirstVoters;
  /** Leaves directories that are formatted as they are; default false: an error. */
  readonly ignoreFormatted?: boolean;
  /** `4.3` or `4.3-IV0`; default: the newest. */
  readonly release?: string;
  /** Levels by feature; default: the highest that this version serves. */
  readonly features?: Readonly<Record<string, number>>;
  /** What is done, a line at a time. */
  readonly print: (line: string) => void;
}

/** @throws StartError, LogError: one line each; directories are formatted one after the other, each whole or not */
export async function formatStorage(options: FormatOptions): Promise<void> {
  const { config, platform, ignoreFormatted = false, print } = options;
  if (options.clusterId === '') throw new StartError('CONFIG', 'the cluster id is empty');
  const voters = firstVoters(options);
  const levels = featureLevels(options, voters !== undefined || options.voters === 'none');
  const [metadataDirectory] = config.logDirs;
  const fresh: string[] = [];
  for (const directory of config.logDirs.toSorted()) {
    if (!(await isFormatted(options, directory))) fresh.push(directory);
    else if (!ignoreFormatted)
      throw new StartError(
        'DIRECTORY_FOREIGN',
        `${directory} is already formatted; --ignore-formatted leaves it as it is and formats the others`,
      );
  }
  if (fresh.length === 0) print('All of the log directories are already formatted.');
  for (const directory of fresh) {
    const isMetadata = directory === metadataDirectory;
    const { own, what } = partOf(config.nodeId, isMetadata, voters);
    const version = versionText(levels[METADATA_VERSION_FEATURE]!); // featureLevels puts it there
    print(`Formatting ${what} ${directory} with metadata.version ${version}.`);
    await createDurably(platform.disk, directory);
    const nowMs = platform.clock.nowMs();
    const values = createBootstrap(levels).records.map((record) => encodeMetadataRecord(record));
    const bootstrap = `${directory}/${BOOTSTRAP_CHECKPOINT_FILE}`;
    await writeBootstrapFile(platform.disk, bootstrap, values, nowMs);
    if (isMetadata && voters !== undefined)
      await formatQuorum(platform.disk, directory, { kraftVersion: 1, voters }, nowMs);
    await writeMetaProperties(platform.disk, directory, {
      clusterId: options.clusterId,
      nodeId: config.nodeId,
      directoryId: own ?? randomUuid(platform.random),
    });
  }
}

/** What the directory is to the quorum, in Kafka's words, and the id that the voters know it by. */
function partOf(
  nodeId: number,
  isMetadata: boolean,
  voters: VoterSet | undefined,
): { own?: Uuid; what: string } {
  if (!isMetadata) return { what: 'data directory' };
  if (voters === undefined) return { what: 'metadata directory' };
  const own = voters.get(nodeId)?.directoryId;
  return own === undefined
    ? { what: 'dynamic metadata directory' }
    : { own, what: 'dynamic metadata voter directory' };
}

/** @throws StartError when it belongs to another node or cluster */
async function isFormatted(
  { platform, config, clusterId }: FormatOptions,
  directory: string,
): Promise<boolean> {
  if ((await platform.disk.stat(directory)) === undefined) return false;
  const meta = await readMetaProperties(platform.disk, directory);
  if (meta === undefined) return false;
  const whose =
    meta.clusterId !== clusterId
      ? `cluster ${meta.clusterId}, not ${clusterId}`
      : meta.nodeId !== config.nodeId
        ? `node ${meta.nodeId}, not ${config.nodeId}`
        : undefined;
  if (whose !== undefined)
    throw new StartError(
      'DIRECTORY_FOREIGN',
      `${directory}/${META_PROPERTIES_FILE} is of ${whose}: choose another log.dirs, or remove the folder if its data is not needed`,
    );
  return true;
}

function firstVoters({ config, platform, voters }: FormatOptions): VoterSet | undefined {
  const isController = config.roles.has('controller');
  const isStatic = config.staticVoters.length > 0;
  if (isStatic && voters !== undefined && voters !== 'none')
    throw new StartError(
      'CONFIG',
      'controller.quorum.voters names static voters, --standalone and --initial-controllers make a dynamic quorum: take one or the other (with controller.quorum.bootstrap.servers)',
    );
  if (voters === undefined && isController && !isStatic)
    throw new StartError(
      'CONFIG',
      'a controller without controller.quorum.voters needs --standalone, --initial-controllers or --no-initial-controllers',
    );
  const [listener] = config.advertisedControllerListeners;
  const name = config.controllerListenerNames[0] ?? '';
  if (voters === undefined || voters === 'none') return undefined;
  if (voters !== 'standalone') return parseInitialVoters(voters.initialControllers, name);
  if (!isController || listener === undefined)
    throw new StartError('CONFIG', '--standalone is for controllers only');
  const { host, port } = listener;
  return new VoterSet([
    {
      id: config.nodeId,
      directoryId: randomUuid(platform.random),
      endpoints: [{ name, host: host === '' ? 'localhost' : host, port }],
      kraftVersions: KRAFT_VERSIONS,
    },
  ]);
}

/** @throws StartError for levels that this version does not serve, or that do not go together */
function featureLevels(options: FormatOptions, isDynamic: boolean): Record<string, number> {
  const { features = {}, release } = options;
  if (release !== undefined && METADATA_VERSION_FEATURE in features)
    throw new StartError('CONFIG', 'metadata.version is given by --release-version and --feature');
  const metadataVersion =
    release === undefined
      ? (features[METADATA_VERSION_FEATURE] ?? METADATA_VERSION_LATEST_PRODUCTION)
      : metadataVersionOf(release);
  if (
    metadataVersion < METADATA_VERSION_MIN ||
    metadataVersion > METADATA_VERSION_LATEST_PRODUCTION
  )
    throw new StartError('CONFIG', `metadata.version ${metadataVersion} is not supported`);
  const levels: Record<string, number> = { [METADATA_VERSION_FEATURE]: metadataVersion };
  for (const { name } of FEATURES) {
    const served = servedLevel(name);
    if (name !== KRAFT_VERSION_FEATURE)
      levels[name] = Math.min(defaultLevel(name, metadataVersion), served);
  }
  for (const [name, level] of Object.entries(features)) {
    if (name === METADATA_VERSION_FEATURE) continue;
    if (!FEATURES.some((feature) => feature.name === name))
      throw new StartError('CONFIG', `there is no feature ${name}`);
    if (level > servedLevel(name))
      throw new StartError(
        'CONFIG',
        `${name}=${level}: this version serves ${name} up to ${servedLevel(name)}`,
      );
    if (name === KRAFT_VERSION_FEATURE) checkKraftVersion(options, level, isDynamic);
    else levels[name] = level;
  }
  checkDependencies(levels, metadataVersion);
  return levels;
}

function servedLevel(feature: string): number {
  return SUPPORTED_FEATURES.find(({ name }) => name === feature)?.maxSupportedVersion ?? 0;
}

/** `kraft.version` follows from who votes first. */
function checkKraftVersion({ config }: FormatOptions, level: number, isDynamic: boolean): void {
  const isStatic = config.staticVoters.length > 0;
  if (level === 0 && isDynamic && !isStatic)
    throw new StartError('CONFIG', 'kraft.version=0 is for controller.quorum.voters only');
  if (level > 0 && isStatic)
    throw new StartError('CONFIG', `kraft.version=${level} needs controller.quorum.voters empty`);
}

function checkDependencies(levels: Record<string, number>, metadataVersion: number): void {
  const needed = FEATURES.find(({ name }) => name === ELR_FEATURE)?.metadataVersionMin ?? 0;
  if ((levels[ELR_FEATURE] ?? 0) > 0 && metadataVersion < needed)
    throw new StartError('CONFIG', `${ELR_FEATURE}=1 needs metadata.version ${needed}`);
}
