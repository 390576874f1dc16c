// Appends each record's value as a line to a file, or writes it to standard output. Kafka: FileStreamSinkConnector.
import { ConfigDef, type ConnectorProperties, SinkConnector } from '@ottla/connect';

/** What a file sink is told. */
export const SINK_CONFIG: ConfigDef = new ConfigDef({
  name: 'file',
  type: 'STRING',
  default: null,
  importance: 'HIGH',
  documentation: 'The file to append to; standard output when left out.',
});

/** Several tasks append to the same file. */
export class FileStreamSinkConnector extends SinkConnector {
  #properties: ConnectorProperties = {};

  override start(config: ConnectorProperties): void {
    const file = SINK_CONFIG.parse(config).stringOrNull('file');
    this.#properties = config;
    this.context.logger.info(
      `Starting file sink connector writing to ${file || 'standard output'}`,
    );
  }

  override taskConfigs(maxTasks: number): ConnectorProperties[] {
    return Array.from({ length: maxTasks }, () => this.#properties);
  }

  override configDef(): ConfigDef {
    return SINK_CONFIG;
  }

  override stop(): void {}

  /** Offsets are the consumer group's alone. */
  override alterOffsets(): boolean {
    return true;
  }
}
