// What all converters' configs have in common. Kafka: org.apache.kafka.connect.storage.ConverterConfig.
import { ConfigDef, type ConfigKeyDefinition } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { oneOf } from '../config/validators.ts';
import type { ConverterSide } from './converter.ts';

/** The worker sets it: which part of a record the converter is for. */
const CONVERTER_TYPE: ConfigKeyDefinition = {
  name: 'converter.type',
  type: 'STRING',
  validator: oneOf('key', 'value', 'header'),
  importance: 'LOW',
  documentation: 'What the converter is used for; the worker sets it.',
};

export function converterConfigDef(...definitions: readonly ConfigKeyDefinition[]): ConfigDef {
  return new ConfigDef(CONVERTER_TYPE, ...definitions);
}

/** @throws ConfigError */
export function parseConverterConfig(
  definition: ConfigDef,
  configs: Readonly<Record<string, unknown>>,
  side: ConverterSide | undefined,
): ParsedConfig {
  return definition.parse({ ...configs, 'converter.type': side ?? 'header' });
}
