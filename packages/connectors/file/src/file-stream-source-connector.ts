// Reads lines of a file, or of standard input, as they are appended. Kafka: FileStreamSourceConnector.
import {
  ConfigDef,
  ConfigError,
  ConnectError,
  type ConnectorProperties,
  type ExactlyOnceSupport,
  SourceConnector,
  type SourceOffset,
  type SourcePartition,
  type Validator,
} from '@ottla/connect';

/** The fields of a source partition and of a source offset. */
export const FILENAME_FIELD = 'filename';
export const POSITION_FIELD = 'position';

const NON_EMPTY: Validator = {
  ensureValid(name, value) {
    if (value === '')
      throw new ConfigError(`Invalid value  for configuration ${name}: String must be non-empty`);
  },
  toString: () => 'non-empty string',
};

/** What a file source is told. */
export const SOURCE_CONFIG: ConfigDef = new ConfigDef(
  {
    name: 'file',
    type: 'STRING',
    default: null,
    importance: 'HIGH',
    documentation: 'The file to read; standard input when left out.',
  },
  {
    name: 'topic',
    type: 'STRING',
    validator: NON_EMPTY,
    importance: 'HIGH',
    documentation: 'The topic to write to.',
  },
  {
    name: 'batch.size',
    type: 'INT',
    default: 2000,
    importance: 'LOW',
    documentation: 'The most lines that are read at a time.',
  },
);

/** One file, one task: tasks.max is of no use. */
export class FileStreamSourceConnector extends SourceConnector {
  #properties: ConnectorProperties = {};

  override start(config: ConnectorProperties): void {
    const file = SOURCE_CONFIG.parse(config).stringOrNull('file');
    this.#properties = config;
    this.context.logger.info(
      `Starting file source connector reading from ${file || 'standard input'}`,
    );
  }

  override taskConfigs(): ConnectorProperties[] {
    return [this.#properties];
  }

  override configDef(): ConfigDef {
    return SOURCE_CONFIG;
  }

  override stop(): void {}

  /** For files that are only ever appended to; standard input has no offsets. */
  override exactlyOnceSupport(config: ConnectorProperties): ExactlyOnceSupport {
    return SOURCE_CONFIG.parse(config).stringOrNull('file') ? 'SUPPORTED' : 'UNSUPPORTED';
  }

  override alterOffsets(
    config: ConnectorProperties,
    offsets: readonly (readonly [SourcePartition, SourceOffset | null])[],
  ): boolean {
    if (!SOURCE_CONFIG.parse(config).stringOrNull('file'))
      throw new ConnectError(
        "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for input and offsets are not tracked.",
      );
    for (const [partition, offset] of offsets) checkOffset(partition, offset);
    return true;
  }
}

/** Null is always allowed: it may clear what should never have been there. Whether the file is that long shows later. */
function checkOffset(partition: SourcePartition | null, offset: SourceOffset | null): void {
  if (offset === null) return;
  if (!(POSITION_FIELD in offset))
    throw new ConnectError("Offset objects should either be null or contain the key 'position'");
  const position = offset[POSITION_FIELD];
  if (typeof position !== 'number' || !Number.isSafeInteger(position))
    throw new ConnectError(
      "The value for the 'position' key in the offset is expected to be a Long value",
    );
  if (position < 0)
    throw new ConnectError(
      "The value for the 'position' key in the offset should be a non-negative value",
    );
  if (partition === null) throw new ConnectError('Partition objects cannot be null');
  if (!(FILENAME_FIELD in partition))
    throw new ConnectError("Partition objects should contain the key 'filename'");
}
