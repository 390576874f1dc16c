// A snapshot on its way from the leader: pieces go into a partial file, a lost answer is asked for again, and the whole is
// checked before it takes its name. Kafka: KafkaRaftClient.handleFetchSnapshotResponse, FollowerState.fetchingSnapshot.
import type { Disk, DiskFile } from '@ottla/platform';
import type { LogPosition } from '../replica.ts';
import { readSnapshotFile } from './snapshot-file.ts';

export class SnapshotDownload {
  readonly id: LogPosition;
  /** The epoch of the leader that offered it: another leader's file is another one. */
  readonly epoch: number;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: DiskFile;
  #position = 0;

  private constructor(disk: Disk, path: string, file: DiskFile, id: LogPosition, epoch: number) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
    this.id = id;
    this.epoch = epoch;
  }

  /** @param path where the snapshot is to be */
  static async begin(
    disk: Disk,
    path: string,
    id: LogPosition,
    epoch: number,
  ): Promise<SnapshotDownload> {
    await disk.remove(`${path}.part`);
    return new SnapshotDownload(disk, path, await disk.open(`${path}.part`, 'write'), id, epoch);
  }

  /** Bytes that are there: where the next piece begins. */
  get position(): number {
    return this.#position;
  }

  async write(piece: Buffer): Promise<void> {
    await this.#file.write([piece], this.#position);
    this.#position += piece.length;
  }

  /** Makes it durable under its name. @throws QuorumNodeError `DIRECTORY_INVALID` when what came is no snapshot */
  async finish(): Promise<void> {
    const partial = `${this.#path}.part`;
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
    try {
      await readSnapshotFile(this.#disk, partial);
    } catch (error) {
      await this.#disk.remove(partial);
      throw error;
    }
    await this.#disk.rename(partial, this.#path);
    await this.#disk.syncDirectory(this.#path.slice(0, this.#path.lastIndexOf('/')));
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await this.#disk.remove(`${this.#path}.part`);
  }
}
