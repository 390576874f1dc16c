// What a package that extends Connect exports: `plugins`, an array of these descriptions. Kafka finds classes on a plugin
// path; here a plugin is an npm package, its class name a name for configs.
import type { ConfigDef } from '../config/config-def.ts';
import type { SinkConnector, SourceConnector } from '../connector/connector.ts';
import type { SinkTask } from '../connector/sink-task.ts';
import type { SourceTask } from '../connector/source-task.ts';
import type { Converter, HeaderConverter } from '../converter/converter.ts';
import type { Predicate, Transformation } from '../transform/transformation.ts';

/** Kafka's plugin types, as `GET /connector-plugins` names them. */
export type PluginType =
  | 'source'
  | 'sink'
  | 'converter'
  | 'header_converter'
  | 'transformation'
  | 'predicate';

interface PluginIdentity {
  /**
   * The name in configs and in REST answers: the Java class name where Kafka has one, so that configs carry over; otherwise
   * any name. Also found by its last part (after `.`), and without the suffix Connector or Converter.
   */
  readonly className: string;
  /** Further full names. */
  readonly aliases?: readonly string[];
  readonly version: string;
}

export interface SourcePlugin extends PluginIdentity {
  readonly type: 'source';
  create(): SourceConnector;
  /** Called in the task's own thread. */
  createTask(): SourceTask;
}

export interface SinkPlugin extends PluginIdentity {
  readonly type: 'sink';
  create(): SinkConnector;
  /** Called in the task's own thread. */
  createTask(): SinkTask;
}

export interface ConverterPlugin extends PluginIdentity {
  readonly type: 'converter';
  create(): Converter;
}

export interface HeaderConverterPlugin extends PluginIdentity {
  readonly type: 'header_converter';
  create(): HeaderConverter;
}

export interface TransformationPlugin extends PluginIdentity {
  readonly type: 'transformation';
  create(): Transformation;
}

export interface PredicatePlugin extends PluginIdentity {
  readonly type: 'predicate';
  create(): Predicate;
}

/** One thing that can be named in a connector's configuration. */
export type Plugin =
  | SourcePlugin
  | SinkPlugin
  | ConverterPlugin
  | HeaderConverterPlugin
  | TransformationPlugin
  | PredicatePlugin;

/** The description of one type. */
export type PluginOf<T extends PluginType> = Extract<Plugin, { readonly type: T }>;

/** What the module of a plugin package exports. */
export interface PluginModule {
  readonly plugins: readonly Plugin[];
}

/** Any plugin's configs, without those that the worker adds. */
export function pluginConfigDef(plugin: Plugin): ConfigDef {
  return plugin.create().configDef();
}
