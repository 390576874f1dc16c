// Where the replicas of this broker live on disk: which directory, whose folder, the `partition.metadata` file that says
// which topic's incarnation the folder belongs to. Kafka: LogManager, PartitionMetadataFile.
import { LogError, type LogDirectory, type PartitionLog } from '@ottla/log';
import { DirectoryId, type MetadataImage, topicByName } from '@ottla/metadata';
import type { Logger, Platform } from '@ottla/platform';
import { type Uuid, ZERO_UUID } from '@ottla/protocol';
import type { Partition } from './partition.ts';

const PARTITION_METADATA_FILE = 'partition.metadata';
const PARTITION_METADATA_VERSION = 0;
const CLUSTER_METADATA_TOPIC = '__cluster_metadata';
const STRAY_SUFFIX = '-stray';

export interface PartitionFoldersOptions {
  readonly platform: Pick<Platform, 'disk' | 'random'>;
  readonly logger: Logger;
  readonly directories: readonly LogDirectory[];
  /** Paths of directories that could not be opened; default none. */
  readonly lostPaths?: readonly string[];
}

/** Knows the folders; the logs belong to their `LogDirectory`. */
export class PartitionFolders {
  readonly #options: PartitionFoldersOptions;
  /** Folder name → its directory, as found at the start or opened since. */
  readonly #homes = new Map<string, LogDirectory>();
  /** Folders of each directory, those that are being made included. */
  readonly #sizes = new Map<LogDirectory, number>();

  /** What is opened now was there before this process. */
  #isLoading = true;

  constructor(options: PartitionFoldersOptions) {
    this.#options = options;
  }

  /** Looks through all directories; warns of folders that the image does not want. */
  async find(image: MetadataImage): Promise<void> {
    for (const directory of this.#options.directories) {
      for (const name of await directory.listLogs()) {
        const split = name.lastIndexOf('-');
        const topic = name.slice(0, split);
        if (topic === CLUSTER_METADATA_TOPIC) continue;
        this.#move(name, directory);
        if (topicByName(image, topic)?.partitions[Number(name.slice(split + 1))] === undefined)
          this.#options.logger.warn('found a log of no known partition: left as it is', {
            path: `${directory.path}/${name}`,
          });
      }
    }
  }

  /** Everything that the metadata had at the start was opened. */
  loaded(): void {
    this.#isLoading = false;
  }

  /** The directory of a partition whose log is or was open. */
  directoryOf(partition: Partition): LogDirectory | undefined {
    return this.#homes.get(partition.name);
  }

  /** Opens the partition's log, or creates it where there is most room. @throws LogError */
  async open(partition: Partition): Promise<PartitionLog> {
    const { name, topicId } = partition;
    let directory = this.#homes.get(name);
    if (directory !== undefined && !(await this.#belongsTo(directory, name, topicId))) {
      await this.#setAside(directory, name);
      directory = undefined;
    }
    directory ??= this.#wanted(partition) ?? this.#emptiest();
    this.#move(name, directory);
    const log = await directory.openLog({
      topic: partition.topic,
      partition: partition.id,
      config: partition.config,
    });
    await this.#nameTopic(directory, name, topicId);
    return log;
  }

  /** A folder that cannot be given its file would stay closed for as long as this process lives: its directory has failed. */
  async #nameTopic(directory: LogDirectory, name: string, topicId: Uuid): Promise<void> {
    const path = `${directory.path}/${name}/${PARTITION_METADATA_FILE}`;
    const { disk } = this.#options.platform;
    try {
      if ((await disk.stat(path)) === undefined)
        await disk.replaceFile(path, Buffer.from(encodePartitionMetadata(topicId)));
    } catch (error) {
      const text = `${path} cannot be written: ${String(error)}`;
      const failure = new LogError('KAFKA_STORAGE_ERROR', text, error);
      directory.context.onFailure(failure);
      throw failure;
    }
  }

  /** Deletes the partition's log, also where it was not opened: the next topic of the name would find it. */
  async delete({ name, topicId }: Partition): Promise<void> {
    const directory = this.#homes.get(name);
    if (directory === undefined) return;
    if (!directory.logs.has(name) && directory.failure === undefined) {
      // An earlier topic's is set aside by whoever opens the next one.
      if (!(await this.#belongsTo(directory, name, topicId))) return;
    }
    this.#move(name, undefined);
    await directory.deleteLog(name);
  }

  /**
   * The directory that the metadata names. If that one failed, the log may be there: an empty one elsewhere would pass for
   * it. Where it is not known which one it was, any that could not be opened may be it.
   */
  #wanted({ directoryId, name }: Partition): LogDirectory | undefined {
    const { directories, lostPaths = [] } = this.#options;
    const named = directories.find(({ meta }) => meta?.directoryId === directoryId);
    const isNamed = directoryId !== DirectoryId.UNASSIGNED && directoryId !== DirectoryId.MIGRATING;
    const hasUnopened = lostPaths.length > 0 && named === undefined && (isNamed || this.#isLoading);
    const hasFailed = directories.some(({ failure }) => failure !== undefined);
    const isLost = directoryId === DirectoryId.LOST || named?.failure !== undefined;
    if (hasUnopened || (isLost && hasFailed))
      throw new LogError('KAFKA_STORAGE_ERROR', `the directory of ${name} has failed`);
    return named;
  }

  #emptiest(): LogDirectory {
    const usable = this.#options.directories.filter((each) => each.failure === undefined);
    const [first, ...others] = usable;
    if (first === undefined)
      throw new LogError('KAFKA_STORAGE_ERROR', 'no data directory can be used any more');
    const size = (directory: LogDirectory): number => this.#sizes.get(directory) ?? 0;
    return others.reduce((least, each) => (size(each) < size(least) ? each : least), first);
  }

  #move(name: string, to: LogDirectory | undefined): void {
    const from = this.#homes.get(name);
    if (from !== undefined) this.#sizes.set(from, this.#sizes.get(from)! - 1);
    if (to === undefined) this.#homes.delete(name);
    else {
      this.#homes.set(name, to);
      this.#sizes.set(to, (this.#sizes.get(to) ?? 0) + 1);
    }
  }

  /** A folder without the file is from before it was written: it belongs to whoever has the name. */
  async #belongsTo(directory: LogDirectory, name: string, topicId: Uuid): Promise<boolean> {
    const { disk } = this.#options.platform;
    const path = `${directory.path}/${name}/${PARTITION_METADATA_FILE}`;
    if ((await disk.stat(path)) === undefined) return true;
    return decodePartitionMetadata((await disk.readFile(path)).toString(), path) === topicId;
  }

  /** The folder is another incarnation's, deleted while this broker was away: out of the way, but not lost. */
  async #setAside(directory: LogDirectory, name: string): Promise<void> {
    const { disk, random } = this.#options.platform;
    const unique = random.bytes(16).toString('hex');
    const stray = `${directory.path}/${name}.${unique}${STRAY_SUFFIX}`;
    await disk.rename(`${directory.path}/${name}`, stray);
    await disk.syncDirectory(directory.path);
    this.#options.logger.warn('set the log of a deleted topic aside', { path: stray });
  }
}

/** Text of a `partition.metadata` file. */
export function encodePartitionMetadata(topicId: Uuid): string {
  return `version: ${PARTITION_METADATA_VERSION}\ntopic_id: ${topicId}`;
}

/** The topic id that a `partition.metadata` file names. @throws LogError `DIRECTORY_INVALID` */
export function decodePartitionMetadata(text: string, path: string): Uuid {
  const match = /^version:\s+(\d+)\r?\ntopic_id:\s+([\w-]{22})\s*$/.exec(text);
  const topicId = match?.[2];
  if (topicId === undefined || topicId === ZERO_UUID)
    throw new LogError('DIRECTORY_INVALID', `${path} does not name a topic id`);
  return topicId;
}
