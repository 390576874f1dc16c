// What a connector's author implements: it cuts the work into tasks. Kafka: org.apache.kafka.connect.connector.Connector,
// source.SourceConnector, sink.SinkConnector.
import type { Logger, Platform } from '@ottla/platform';
import type { ConfigDef, ConfigProperties, ConfigValue } from '../config/config-def.ts';
import { ConnectError } from '../errors.ts';
import type { SourceOffset, SourcePartition } from '../record/source-record.ts';
import type { SinkOffset } from './sink-task.ts';
import type { OffsetStorageReader } from './source-task.ts';

/** The configuration of a connector or a task: texts by name, placeholders resolved. */
export type ConnectorProperties = Readonly<Record<string, string>>;

/** What the worker offers a connector. */
export interface ConnectorContext {
  /** Asks for `taskConfigs` to be called again, for example because the external system has new tables. */
  requestTaskReconfiguration(): void;
  /** Makes the connector FAILED. */
  raiseError(error: Error): void;
  readonly logger: Logger;
  /** Clock, timers, files, sockets: use these, and the connector can be tested in virtual time. */
  readonly platform: Platform;
}

/** Source connectors can look at offsets as well. */
export interface SourceConnectorContext extends ConnectorContext {
  readonly offsetStorageReader: OffsetStorageReader;
}

/** Common to sources and sinks. The worker calls `initialize`, `start`, then `taskConfigs` as often as needed, at last `stop`. */
export abstract class Connector<C extends ConnectorContext = ConnectorContext> {
  #context: C | undefined;

  /** Called once, first. */
  initialize(context: C): void {
    this.#context = context;
  }

  /** What `initialize` was given. @throws ConnectError before that */
  protected get context(): C {
    if (this.#context === undefined)
      throw new ConnectError('The connector has not been initialized');
    return this.#context;
  }

  /** Takes the configuration; opens what is needed to find out about tasks. */
  abstract start(config: ConnectorProperties): void | Promise<void>;

  /** The configurations of at most `maxTasks` tasks. None: nothing to do at present. */
  abstract taskConfigs(maxTasks: number): ConnectorProperties[] | Promise<ConnectorProperties[]>;

  /** The configs that the connector takes, without the common ones. */
  abstract configDef(): ConfigDef;

  /** Closes what `start` opened. */
  abstract stop(): void | Promise<void>;

  /**
   * Checks a configuration before a connector is made of it: one value for each config of `configDef`, with its errors.
   * Override it (and call `super.validate`) for what a single config's validator cannot see. Called on an instance that is never started.
   */
  validate(config: ConfigProperties): ConfigValue[] | Promise<ConfigValue[]> {
    return [...this.configDef().validate(config).values()];
  }

  /** A new configuration for a running connector. Default: `stop`, then `start`. */
  async reconfigure(config: ConnectorProperties): Promise<void> {
    await this.stop();
    await this.start(config);
  }
}

/** Whether a source may be run with exactly-once support. */
export type ExactlyOnceSupport = 'SUPPORTED' | 'UNSUPPORTED';

/** A connector that brings data into Kafka. */
export abstract class SourceConnector extends Connector<SourceConnectorContext> {
  /** Default undefined: the connector does not know. */
  exactlyOnceSupport(_config: ConnectorProperties): ExactlyOnceSupport | undefined {
    return undefined;
  }

  /**
   * Says whether offsets may be changed from outside as asked; null resets a partition.
   *
   * @returns true: checked and fine; false: the connector cannot tell
   * @throws ConnectError to refuse
   */
  alterOffsets(
    _config: ConnectorProperties,
    _offsets: readonly (readonly [SourcePartition, SourceOffset | null])[],
  ): boolean | Promise<boolean> {
    return false;
  }
}

/** A connector that takes data out of Kafka. */
export abstract class SinkConnector extends Connector {
  /** As for sources; an offset of null resets the partition. */
  alterOffsets(
    _config: ConnectorProperties,
    _offsets: readonly (Omit<SinkOffset, 'offset'> & { readonly offset: number | null })[],
  ): boolean | Promise<boolean> {
    return false;
  }
}
