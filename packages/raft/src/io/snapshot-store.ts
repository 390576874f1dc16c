// The snapshots beside the metadata log. The log's start moves to a snapshot's end when the older ones are let go, never
// before; files on their way out can still be read for a while, for somebody may be downloading them. Kafka: KafkaRaftLog.
import type { Disk } from '@ottla/platform';
import type { LogPosition } from '../replica.ts';
import { parseSnapshotFileName, snapshotFileName } from './snapshot-file.ts';

/** How long a snapshot that is not needed any more can still be read: Kafka's `file.delete.delay.ms`. */
const DELETE_DELAY_MS = 60_000;

interface Leaving {
  readonly id: LogPosition;
  readonly sinceMs: number;
}

export class SnapshotStore {
  readonly #disk: Disk;
  readonly #directory: string;
  #kept: LogPosition[];
  #leaving: Leaving[] = [];

  private constructor(disk: Disk, directory: string, kept: LogPosition[]) {
    this.#disk = disk;
    this.#directory = directory;
    this.#kept = kept;
  }

  /** Lists what is on disk; snapshots left half written are removed. */
  static async open(disk: Disk, directory: string): Promise<SnapshotStore> {
    const found: LogPosition[] = [];
    for (const name of await disk.readdir(directory)) {
      if (name.endsWith('.part') || name.endsWith('.tmp'))
        await disk.remove(`${directory}/${name}`);
      const id = parseSnapshotFileName(name);
      if (id !== undefined) found.push(id);
    }
    found.sort((a, b) => a.offset - b.offset);
    return new SnapshotStore(disk, directory, found);
  }

  /** Oldest first. */
  get all(): readonly LogPosition[] {
    return this.#kept;
  }

  get latest(): LogPosition | undefined {
    return this.#kept.at(-1);
  }

  /** Whether it can be read, be it on its way out. */
  has({ offset, epoch }: LogPosition): boolean {
    const isIt = (id: LogPosition): boolean => id.offset === offset && id.epoch === epoch;
    return this.#kept.some(isIt) || this.#leaving.some(({ id }) => isIt(id));
  }

  path(id: LogPosition): string {
    return `${this.#directory}/${snapshotFileName(id)}`;
  }

  /** Notes a snapshot that is on disk now. */
  add(id: LogPosition): void {
    const others = this.#kept.filter(({ offset }) => offset !== id.offset);
    this.#kept = [...others, id].sort((a, b) => a.offset - b.offset);
  }

  async sizeBytes(): Promise<number> {
    let sum = 0;
    for (const id of this.#kept) sum += (await this.#disk.stat(this.path(id)))?.size ?? 0;
    return sum;
  }

  /** Lets go of the snapshots below `offset` (exclusive), which nobody needs any more; `-Infinity` if nobody reads them. */
  letGo(offset: number, nowMs: number): void {
    for (const id of this.#kept) if (id.offset < offset) this.#leaving.push({ id, sinceMs: nowMs });
    this.#kept = this.#kept.filter((id) => id.offset >= offset);
  }

  /** Deletes what was let go long enough ago; with `Infinity` all of it. */
  async deleteLeft(nowMs: number): Promise<void> {
    const isDue = ({ sinceMs }: Leaving): boolean => nowMs - sinceMs >= DELETE_DELAY_MS;
    const due = this.#leaving.filter(isDue);
    this.#leaving = this.#leaving.filter((each) => !isDue(each));
    for (const { id } of due) await this.#disk.remove(this.path(id));
  }
}
