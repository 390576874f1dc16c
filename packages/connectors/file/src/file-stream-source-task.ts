// Follows a file: new lines become records, an incomplete last line waits, a missing file is waited for.
// Kafka: FileStreamSourceTask. Positions are bytes.
import {
  ConnectError,
  type ConnectorProperties,
  Schema,
  SourceRecord,
  SourceTask,
  type StandardInput,
} from '@ottla/connect';
import { DiskError, type DiskFile } from '@ottla/platform';
import { FILENAME_FIELD, POSITION_FIELD, SOURCE_CONFIG } from './file-stream-source-connector.ts';
import { LineSplitter } from './line-splitter.ts';

/** How long a poll waits when there is nothing new, milliseconds. */
const WAIT_MS = 1_000;
const READ_BYTES = 64 * 1024;

/** Where bytes come from. */
interface Input {
  /** Bytes at the position; none when there are none now. */
  read(position: number): Promise<Buffer>;
  close(): Promise<void>;
}

export class FileStreamSourceTask extends SourceTask {
  #filename: string | null = null;
  #topic = '';
  #batchSize = 0;
  #input: Input | undefined;
  #lines: LineSplitter = new LineSplitter(0);
  /** One object for all records, as the worker keeps them apart by it. */
  #partition: Readonly<Record<string, unknown>> = {};

  override start(properties: ConnectorProperties): void {
    const config = SOURCE_CONFIG.parse(properties);
    this.#filename = config.stringOrNull('file') || null;
    this.#topic = config.string('topic');
    this.#batchSize = config.number('batch.size');
    this.#partition = { [FILENAME_FIELD]: this.#filename };
    if (this.#filename === null) this.#input = standardInput(this.context.standardInput);
  }

  override async poll(): Promise<readonly SourceRecord[] | null> {
    const input = this.#input ?? (await this.#open());
    if (input === undefined) return this.#wait();
    const records: SourceRecord[] = [];
    this.#take(records);
    while (records.length < this.#batchSize) {
      const bytes = await input.read(this.#lines.readPosition);
      if (bytes.length === 0) break;
      this.#lines.add(bytes);
      this.#take(records);
    }
    return records.length === 0 ? this.#wait() : records;
  }

  override async stop(): Promise<void> {
    await this.#input?.close();
    this.#input = undefined;
  }

  /** Undefined while there is no such file. */
  async #open(): Promise<Input | undefined> {
    const filename = this.#filename ?? '';
    const file = await this.#openFile(filename);
    if (file === undefined) return undefined;
    const stored = await this.context.offsetStorageReader.offset(this.#partition);
    const position = stored?.[POSITION_FIELD] ?? 0;
    if (typeof position !== 'number')
      throw new ConnectError('Offset position is the incorrect type');
    this.#lines = new LineSplitter(position);
    this.#input = fileInput(file);
    return this.#input;
  }

  async #openFile(filename: string): Promise<DiskFile | undefined> {
    try {
      return await this.context.platform.disk.open(filename, 'read');
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== 'ENOENT')
        throw new ConnectError(`Cannot read ${filename}`, { cause: error });
      this.context.logger.warn(
        `Couldn't find file ${filename} for FileStreamSourceTask, sleeping to wait for it to be created`,
      );
      return undefined;
    }
  }

  #take(records: SourceRecord[]): void {
    const timestamp = this.context.platform.clock.nowMs();
    while (records.length < this.#batchSize) {
      const line = this.#lines.next();
      if (line === undefined) return;
      records.push(
        new SourceRecord({
          sourcePartition: this.#partition,
          sourceOffset: { [POSITION_FIELD]: this.#filename === null ? null : line.endPosition },
          topic: this.#topic,
          valueSchema: Schema.STRING,
          value: line.text,
          timestamp,
        }),
      );
    }
  }

  async #wait(): Promise<null> {
    const { platform, signal } = this.context;
    await platform.timers.sleep(WAIT_MS, signal).catch(() => undefined);
    return null;
  }
}

function standardInput(input: StandardInput | undefined): Input {
  if (input === undefined)
    throw new ConnectError("There is no standard input to read; set 'file' to read a file");
  return {
    read: async () => Buffer.from(await input.read()),
    close: async () => undefined,
  };
}

function fileInput(file: DiskFile): Input {
  const target = Buffer.alloc(READ_BYTES);
  return {
    async read(position) {
      const count = await file.read(target, position);
      return target.subarray(0, count);
    },
    close: () => file.close(),
  };
}
