// Writes values as lines. What `put` took is in the system's hands; `flush` makes it durable, and only then offsets are
// committed. Kafka: FileStreamSinkTask.
import {
  ConnectError,
  type ConnectorProperties,
  describeValue,
  type SinkRecord,
  SinkTask,
} from '@ottla/connect';
import type { DiskFile } from '@ottla/platform';
import { SINK_CONFIG } from './file-stream-sink-connector.ts';

export class FileStreamSinkTask extends SinkTask {
  #file: DiskFile | undefined;
  #isDirty = false;

  override async start(properties: ConnectorProperties): Promise<void> {
    const filename = SINK_CONFIG.parse(properties).stringOrNull('file');
    if (!filename) return;
    try {
      this.#file = await this.context.platform.disk.open(filename, 'write');
    } catch (error) {
      throw new ConnectError(`Couldn't find or create file '${filename}' for FileStreamSinkTask`, {
        cause: error,
      });
    }
  }

  override async put(records: readonly SinkRecord[]): Promise<void> {
    if (records.length === 0) return;
    let text = '';
    for (const { value, valueSchema } of records) text += `${describeValue(value, valueSchema)}\n`;
    const bytes = Buffer.from(text, 'utf8');
    if (this.#file === undefined) {
      await print(bytes);
      return;
    }
    await append(this.#file, bytes);
    this.#isDirty = true;
  }

  override async flush(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    await this.#file?.datasync();
  }

  override async stop(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

function print(bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Appends under way, by path: tasks of one connector share a thread, and may share a file. */
const appending = new Map<string, Promise<void>>();

/** Writes behind what is there now; the file's end is looked up each time, since others append to it too. */
async function append(file: DiskFile, bytes: Buffer): Promise<void> {
  const before = appending.get(file.path) ?? Promise.resolve();
  const written = before.then(async () => file.write([bytes], (await file.stat()).size));
  const settled = written.catch(() => undefined);
  appending.set(file.path, settled);
  await written;
  if (appending.get(file.path) === settled) appending.delete(file.path);
}
