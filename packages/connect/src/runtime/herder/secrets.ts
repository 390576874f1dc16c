// Values of password configs never leave the worker in an answer: they are shown as `[hidden]`, and a client that sends that
// text back keeps what is stored. Placeholders of config providers are no secrets and stay; what they stand for is shown nowhere.
import type { ConfigInfos } from '../config/config-infos.ts';
import type { ResolvedConfig } from '../worker/config-providers.ts';
import type { Properties } from './entities.ts';

const HIDDEN = '[hidden]';

/** Names of the password configs of a validated configuration. */
export function secretNames(infos: ConfigInfos): ReadonlySet<string> {
  return new Set(
    infos.configs
      .filter(({ definition }) => definition?.type === 'PASSWORD')
      .map(({ definition }) => definition?.name ?? ''),
  );
}

/** The configuration as answers show it. */
export function withoutSecrets(config: Properties, secrets: ReadonlySet<string>): Properties {
  if (secrets.size === 0) return config;
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      secrets.has(name) && !/^\$\{.*\}$/.test(value) ? HIDDEN : value,
    ]),
  );
}

/** A new configuration in which hidden values stand for the stored ones. */
export function withStoredSecrets(
  config: Readonly<Record<string, string | null>>,
  stored: Properties | undefined,
  secrets: ReadonlySet<string>,
): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      value === HIDDEN && secrets.has(name) ? (stored?.[name] ?? value) : value,
    ]),
  );
}

/** A validation with the placeholders in place of what they stand for, in errors too. Kafka shows the values. */
export function withPlaceholders(
  infos: ConfigInfos,
  given: Readonly<Record<string, string | null>>,
  { config, conceal }: ResolvedConfig<string | null>,
): ConfigInfos {
  const configs = infos.configs.map((each) => {
    const { value } = each;
    if (value === null) return each;
    const original = given[value.name] ?? null;
    const isResolved = original !== null && config[value.name] !== original;
    return {
      ...each,
      value: {
        ...value,
        value: isResolved && value.value !== HIDDEN ? original : value.value,
        errors: value.errors.map(conceal),
      },
    };
  });
  return { ...infos, configs };
}
