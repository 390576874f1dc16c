// Every error this package raises. Each carries the name that Kafka Connect gives it (`javaClass`), because
// dead-letter headers and statuses show that name to people and to tools.

/** What a connector, converter or transform throws when it cannot go on. Kafka: ConnectException. */
export class ConnectError extends Error {
  override readonly name: string = 'ConnectError';
  readonly code: string = 'CONNECT_FAILED';
  /** Whether the same call may work when it is made again. */
  readonly retriable: boolean = false;
  /** The class that Kafka Connect raises in this place. */
  readonly javaClass: string = 'org.apache.kafka.connect.errors.ConnectException';
}

/** Try the same call again later: `SinkTask.put`, `SourceTask.poll`, converters and transforms. Kafka: RetriableException. */
export class RetriableError extends ConnectError {
  override readonly name: string = 'RetriableError';
  override readonly code: string = 'RETRIABLE';
  override readonly retriable: boolean = true;
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.RetriableException';
}

/** A value, or a schema, that cannot be right. Kafka: DataException. */
export class DataError extends ConnectError {
  override readonly name: string = 'DataError';
  override readonly code: string = 'INVALID_DATA';
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.DataException';
}

/** A schema that was put together wrongly. Kafka: SchemaBuilderException. */
export class SchemaBuilderError extends DataError {
  override readonly name: string = 'SchemaBuilderError';
  override readonly code: string = 'INVALID_SCHEMA';
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.SchemaBuilderException';
}

/** A call that the worker does not allow in its present state. Kafka: IllegalWorkerStateException. */
export class IllegalWorkerStateError extends ConnectError {
  override readonly name: string = 'IllegalWorkerStateError';
  override readonly code: string = 'ILLEGAL_WORKER_STATE';
  override readonly javaClass: string =
    'org.apache.kafka.connect.errors.IllegalWorkerStateException';
}

/** What was asked for by name is not there. Kafka: NotFoundException. */
export class NotFoundError extends ConnectError {
  override readonly name: string = 'NotFoundError';
  override readonly code: string = 'NOT_FOUND';
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.NotFoundException';
}

/** What was to be created exists. Kafka: AlreadyExistsException. */
export class AlreadyExistsError extends ConnectError {
  override readonly name: string = 'AlreadyExistsError';
  override readonly code: string = 'ALREADY_EXISTS';
  override readonly javaClass: string = 'org.apache.kafka.connect.errors.AlreadyExistsException';
}

/** A configuration that is not valid; the message names the key. Kafka: ConfigException of the clients. */
export class ConfigError extends ConnectError {
  override readonly name: string = 'ConfigError';
  override readonly code: string = 'INVALID_CONFIG';
  override readonly javaClass: string = 'org.apache.kafka.common.config.ConfigException';
}

/** The plugin that a configuration names is unknown, or its package cannot be loaded. */
export class PluginNotFoundError extends ConnectError {
  override readonly name: string = 'PluginNotFoundError';
  override readonly code: string = 'PLUGIN_NOT_FOUND';
}
