// Atomic replacement of a small file (checkpoints, meta.properties), in terms of the other calls of
// the disk, so that every implementation does it in the same steps. Kafka: CheckpointFile.write.
import type { Disk } from './ports.ts';

type Primitives = Pick<Disk, 'open' | 'rename' | 'remove' | 'syncDirectory'>;

/** Replaces files of one disk; two replacements of one path follow each other. */
export class FileReplacer {
  readonly #disk: Primitives;
  readonly #underWay: Map<string, Promise<void>> = new Map();

  constructor(disk: Primitives) {
    this.#disk = disk;
  }

  /** Resolves when `path` durably holds `content`; until then it holds the old content, whole. */
  replace(path: string, content: Uint8Array): Promise<void> {
    const before = this.#underWay.get(path);
    const turn =
      before === undefined
        ? this.#replace(path, content)
        : before.then(
            () => this.#replace(path, content),
            () => this.#replace(path, content),
          );
    this.#underWay.set(path, turn);
    const leave = (): void => {
      if (this.#underWay.get(path) === turn) this.#underWay.delete(path);
    };
    turn.then(leave, leave);
    return turn;
  }

  async #replace(path: string, content: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`;
    try {
      await this.#writeDurably(temporary, content);
      await this.#disk.rename(temporary, path);
    } catch (error) {
      // The first failure is what the caller must hear of; a leftover is overwritten next time.
      await this.#disk.remove(temporary).catch(() => undefined);
      throw error;
    }
    await this.#disk.syncDirectory(parentOf(path));
  }

  async #writeDurably(path: string, content: Uint8Array): Promise<void> {
    const file = await this.#disk.open(path, 'write');
    try {
      await file.truncate(0);
      await file.write([content], 0);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}

/** The folder that holds `path`: `/` for `/a`, `.` for `a`. */
export function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  if (cut < 0) return '.';
  return cut === 0 ? '/' : path.slice(0, cut);
}
