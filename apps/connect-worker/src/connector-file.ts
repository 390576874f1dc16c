// A connector's configuration in a file: JSON, flat or with `name` and `config` as it is posted, or properties.
// Kafka: ConnectStandalone.parseConnectorConfigurationFile.
import {
  ConfigError,
  parseProperties,
  type Properties,
  type TargetState,
} from '@ottla/connect/runtime';

/** A connector to create. */
export interface ConnectorRequest {
  readonly name: string;
  readonly config: Properties;
  readonly initial: TargetState;
}

const STATES: Readonly<Record<string, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
};

/** @param path for messages. @throws ConfigError when it is none of the three, or has no name */
export function parseConnectorFile(path: string, text: string): ConnectorRequest {
  const json = parsedJson(path, text);
  if (json === undefined) return request(path, Object.fromEntries(propertiesOf(path, text)));
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new ConfigError(`${path}: a JSON object is needed`);
  const { config, name, initial_state: state } = json as Readonly<Record<string, unknown>>;
  if (typeof config !== 'object' || config === null) return request(path, texts(path, json));
  const inner = texts(path, config);
  if (inner['name'] !== undefined && name !== undefined && inner['name'] !== name)
    throw new ConfigError(
      `Connector name configuration in 'config' doesn't match the one specified in 'name' at '${path}'`,
    );
  const named = typeof name === 'string' ? { ...inner, name } : inner;
  return { ...request(path, named), initial: initialState(path, state) };
}

function parsedJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // What begins like JSON is meant to be JSON.
    if (/^\s*[{[]/.test(text))
      throw new ConfigError(`${path}: this is no JSON: ${(error as Error).message}`, {
        cause: error,
      });
    return undefined;
  }
}

function propertiesOf(path: string, text: string): Map<string, string> {
  try {
    return parseProperties(text);
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function texts(path: string, object: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]: [string, unknown]) => {
      if (!['string', 'number', 'boolean'].includes(typeof value))
        throw new ConfigError(`${path}: ${name} must be a text`);
      return [name, String(value)];
    }),
  );
}

function request(path: string, config: Properties): ConnectorRequest {
  const { name } = config;
  if (name === undefined)
    throw new ConfigError(
      `Connector configuration at '${path}' is missing the mandatory 'name' configuration`,
    );
  return { name, config, initial: 'STARTED' };
}

function initialState(path: string, value: unknown): TargetState {
  if (value === undefined || value === null) return 'STARTED';
  const state = typeof value === 'string' ? STATES[value.toUpperCase()] : undefined;
  if (state === undefined)
    throw new ConfigError(
      `${path}: initial_state must be one of ${Object.keys(STATES).join(', ')}`,
    );
  return state;
}
