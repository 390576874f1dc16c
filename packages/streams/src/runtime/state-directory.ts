// Where an instance keeps its state: `<stateDir>/<applicationId>/`, locked against a second instance, with the id of this process
// and a folder for each task. Kafka: StateDirectory.
import type { Disk, DiskLock, Platform } from '@ottla/platform';
import { StreamsError } from '../errors.ts';
import { parseTaskId, type TaskId, taskIdText } from '../processor/task-id.ts';

const LOCK = '.lock';
const PROCESS = 'kafka-streams-process-metadata';

export class StateDirectory {
  /** Of this instance; the same after a restart with the same folder. */
  readonly processId: string;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #lock: DiskLock;

  private constructor(disk: Disk, path: string, lock: DiskLock, processId: string) {
    this.#disk = disk;
    this.#path = path;
    this.#lock = lock;
    this.processId = processId;
  }

  /** @throws StreamsError `INVALID_STATE` when another instance uses the folder */
  static async open(
    { disk, random }: Platform,
    stateDir: string,
    applicationId: string,
  ): Promise<StateDirectory> {
    const path = `${stateDir}/${applicationId}`;
    await disk.mkdir(path);
    const lock = await disk.lock(`${path}/${LOCK}`).catch((cause: unknown) => {
      throw new StreamsError(
        'INVALID_STATE',
        `another instance of ${applicationId} uses ${path}: stop it, or give this one another stateDir`,
        { cause },
      );
    });
    try {
      const processId = await processIdIn(disk, path, random.bytes(16).toString('hex'));
      return new StateDirectory(disk, path, lock, processId);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** The folder of a task, which is made; or of the global stores. */
  async folderOf(task: TaskId | 'global'): Promise<string> {
    const name = task === 'global' ? 'global' : taskIdText(task);
    const path = `${this.#path}/${name}/leveldb`;
    await this.#disk.mkdir(path);
    return path;
  }

  /** Tasks whose state is here. */
  async tasks(): Promise<TaskId[]> {
    const names = await this.#disk.readdir(this.#path);
    return names.flatMap((name) => parseTaskId(name) ?? []);
  }

  async close(): Promise<void> {
    await this.#lock.release();
  }
}

/** Removes an application's state; it is restored from the changelogs when it starts again. */
export async function removeState(
  { disk }: Platform,
  stateDir: string,
  applicationId: string,
): Promise<void> {
  const path = `${stateDir}/${applicationId}`;
  if ((await disk.stat(path)) === undefined) return;
  const lock = await disk.lock(`${path}/${LOCK}`).catch((cause: unknown) => {
    throw new StreamsError('INVALID_STATE', `an instance uses ${path}: close it before cleanUp`, {
      cause,
    });
  });
  try {
    // All but the lock: an instance that starts now finds it held, or an empty folder.
    for (const name of await disk.readdir(path))
      if (name !== LOCK) await disk.remove(`${path}/${name}`);
  } finally {
    await lock.release();
  }
}

async function processIdIn(disk: Disk, path: string, fresh: string): Promise<string> {
  const file = `${path}/${PROCESS}`;
  if ((await disk.stat(file)) !== undefined) {
    const { processId } = JSON.parse((await disk.readFile(file)).toString()) as {
      readonly processId?: unknown;
    };
    if (typeof processId === 'string') return processId;
  }
  await disk.replaceFile(file, Buffer.from(JSON.stringify({ processId: fresh })));
  return fresh;
}
