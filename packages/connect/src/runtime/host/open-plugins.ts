// From a connector's configuration to its converters and transformations, ready to use.
import type { ConfigDef } from '../../config/config-def.ts';
import { ConfigError } from '../../errors.ts';
import type { PluginRegistry } from '../../plugin/plugin-registry.ts';
import { withPrefix } from '../config/with-prefix.ts';
import type { Converters } from '../task/record-conversion.ts';
import { TransformationChain } from '../task/transformation-chain.ts';

type Properties = Readonly<Record<string, string>>;

/** A connector that names a converter does not inherit the worker's settings for it. */
export function openConverters(
  connector: Properties,
  worker: Properties,
  registry: PluginRegistry,
): Converters {
  const settings = (key: string): { name: string; configs: Record<string, string> } => {
    const own = connector[key];
    const source = own === undefined ? worker : connector;
    const fallback =
      key === 'header.converter' ? 'org.apache.kafka.connect.storage.SimpleHeaderConverter' : '';
    return { name: source[key] ?? fallback, configs: withPrefix(source, `${key}.`) };
  };
  const open = (side: 'key' | 'value') => {
    const { name, configs } = settings(`${side}.converter`);
    const { plugin } = registry.require(['converter'], name);
    const instance = plugin.create();
    instance.configure(configs, side);
    return { className: plugin.className, instance };
  };
  const openHeader = () => {
    const { name, configs } = settings('header.converter');
    const { plugin } = registry.require(['header_converter'], name);
    const instance = plugin.create();
    instance.configure(configs);
    return { className: plugin.className, instance };
  };
  return { key: open('key'), value: open('value'), header: openHeader() };
}

/** The chain of `transforms`, with the predicates of `predicates`. @throws ConfigError */
export function openTransformations(
  connector: Properties,
  registry: PluginRegistry,
): TransformationChain {
  return new TransformationChain(
    aliases(connector['transforms']).map((alias) => {
      const prefix = `transforms.${alias}.`;
      const { type, predicate, negate, ...configs } = withPrefix(connector, prefix);
      const { plugin } = registry.require(['transformation'], required(`${prefix}type`, type));
      const transformation = plugin.create();
      transformation.configure(configs);
      return {
        className: plugin.className,
        transformation,
        predicate:
          predicate === undefined ? undefined : openPredicate(connector, predicate, registry),
        isNegated: (negate ?? '').trim().toLowerCase() === 'true',
      };
    }),
  );
}

function openPredicate(connector: Properties, alias: string, registry: PluginRegistry) {
  const prefix = `predicates.${alias}.`;
  const { type, ...configs } = withPrefix(connector, prefix);
  const { plugin } = registry.require(['predicate'], required(`${prefix}type`, type));
  const predicate = plugin.create();
  predicate.configure(configs);
  return predicate;
}

/** Each alias once, in the order given. */
export function aliases(list: string | null | undefined): string[] {
  const names = (list ?? '').split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

function required(key: string, value: string | undefined): string {
  if (value === undefined)
    throw new ConfigError(`Missing required configuration "${key}" which has no default value.`);
  return value;
}

/** Anything that has configs. */
export interface Configurable {
  configDef(): ConfigDef;
}
