// Where the broker listens and what it tells clients: `listeners`, `advertised.listeners`,
// `listener.security.protocol.map`, `controller.listener.names`, `inter.broker.listener.name`.
// Kafka: AbstractKafkaConfig.listenerListToEndPoints, KafkaConfig.validateValues.

import type { ListenerRole, SecurityProtocol } from '../network/request-context.ts';
import { ConfigError } from './config-error.ts';

/** One listener's address. */
export interface EndPoint {
  /** Normalised: upper case. */
  readonly listenerName: string;
  /** Empty: all interfaces (or, advertised, this machine's name). */
  readonly host: string;
  /** 0: a free one is chosen. */
  readonly port: number;
  readonly securityProtocol: SecurityProtocol;
}

export interface ListenerEndPoint extends EndPoint {
  readonly role: ListenerRole;
}

/** The keys as lists of their elements; null where not given. */
export interface ListenerSettings {
  /** What this process is: which listeners it must, and must not, have. */
  readonly roles: ReadonlySet<'broker' | 'controller'>;
  readonly listeners: readonly string[];
  readonly advertised: readonly string[] | null;
  readonly protocolMap: readonly string[];
  /** Whether `listener.security.protocol.map` was given, rather than at its default. */
  readonly isProtocolMapGiven: boolean;
  readonly controllerNames: readonly string[];
  readonly interBrokerName: string | null;
  readonly interBrokerProtocol: string;
}

export interface ResolvedListeners {
  readonly listeners: readonly ListenerEndPoint[];
  /** Of the brokers' listeners only; none without that role. */
  readonly advertised: readonly EndPoint[];
  /** Where other nodes reach this one's controller; none without that role. */
  readonly advertisedControllers: readonly EndPoint[];
  readonly controllerNames: readonly string[];
  /** Empty without the broker's role. */
  readonly interBrokerName: string;
}

const PROTOCOLS: readonly SecurityProtocol[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];
const CONTROLLER_DEFAULT_NAME = 'CONTROLLER';
const END_POINT = /^([^:/\s]+):\/\/(\[[0-9a-fA-F:%.]*\]|[^:/\s]*):(\d+)$/;

/** @throws ConfigError in one line that names the key */
export function resolveListeners(settings: ListenerSettings): ResolvedListeners {
  const protocols = parseProtocolMap(settings);
  const controllerNames = settings.controllerNames.map((name) => name.toUpperCase());
  const listeners = settings.listeners.map((text) => {
    const endPoint = parseEndPoint(text, 'listeners', protocols);
    const role: ListenerRole = controllerNames.includes(endPoint.listenerName)
      ? 'controller'
      : 'broker';
    return { ...endPoint, role };
  });
  checkUnique(listeners);
  checkRoles(settings.roles, listeners, controllerNames);
  const advertised = settings.roles.has('broker')
    ? resolveAdvertised(settings, listeners, protocols)
    : [];
  return {
    listeners,
    advertised,
    advertisedControllers: resolveControllers(settings, listeners, protocols),
    controllerNames,
    interBrokerName: settings.roles.has('broker') ? resolveInterBroker(settings, advertised) : '',
  };
}

function parseProtocolMap(settings: ListenerSettings): ReadonlyMap<string, SecurityProtocol> {
  const protocols = new Map<string, SecurityProtocol>();
  for (const pair of settings.protocolMap) {
    const [name = '', protocol = '', ...more] = pair.split(':');
    const known = PROTOCOLS.find((one) => one === protocol.trim().toUpperCase());
    if (name.trim() === '' || known === undefined || more.length > 0)
      throw refused(
        'listener.security.protocol.map',
        `"${pair}" is not NAME:PROTOCOL (${PROTOCOLS.join(', ')})`,
      );
    protocols.set(name.trim().toUpperCase(), known);
  }
  // Kafka knows the controller's listeners as PLAINTEXT as long as nobody says otherwise.
  if (!settings.isProtocolMapGiven)
    for (const name of [...settings.controllerNames, CONTROLLER_DEFAULT_NAME])
      if (!protocols.has(name.toUpperCase())) protocols.set(name.toUpperCase(), 'PLAINTEXT');
  return protocols;
}

function parseEndPoint(
  text: string,
  key: string,
  protocols: ReadonlyMap<string, SecurityProtocol>,
): EndPoint {
  const match = END_POINT.exec(text.trim());
  if (match === null) throw refused(key, `"${text}" is not NAME://host:port`);
  const listenerName = match[1]!.toUpperCase();
  const port = Number(match[3]);
  if (port > 65_535) throw refused(key, `port ${port} in "${text}" is above 65535`);
  const securityProtocol = protocols.get(listenerName);
  if (securityProtocol === undefined)
    throw refused(
      key,
      `no security protocol for listener ${listenerName}; add ${listenerName}:PLAINTEXT to listener.security.protocol.map`,
    );
  if (securityProtocol !== 'PLAINTEXT')
    throw refused(
      key,
      `listener ${listenerName} asks for ${securityProtocol}, which this version does not serve; use PLAINTEXT`,
    );
  return { listenerName, host: match[2]!.replace(/^\[|\]$/g, ''), port, securityProtocol };
}

function checkUnique(listeners: readonly ListenerEndPoint[]): void {
  const names = new Set<string>();
  const addresses = new Set<string>();
  for (const { listenerName, host, port } of listeners) {
    if (names.has(listenerName))
      throw refused('listeners', `listener ${listenerName} is named twice`);
    const address = `${host}:${port}`;
    if (port !== 0 && addresses.has(address))
      throw refused('listeners', `port ${port} is used twice`);
    names.add(listenerName);
    addresses.add(address);
  }
}

/** A controller listens where `controller.listener.names` says, a broker elsewhere. */
function checkRoles(
  roles: ListenerSettings['roles'],
  listeners: readonly ListenerEndPoint[],
  controllerNames: readonly string[],
): void {
  const ofControllers = listeners.filter(({ role }) => role === 'controller');
  const ofBrokers = listeners.filter(({ role }) => role === 'broker');
  if (roles.has('controller')) {
    for (const name of controllerNames)
      if (!ofControllers.some(({ listenerName }) => listenerName === name))
        throw refused('controller.listener.names', `listener ${name} is not among the listeners`);
  } else if (ofControllers[0] !== undefined)
    throw refused(
      'listeners',
      `${ofControllers[0].listenerName} is a controller listener, but process.roles is broker`,
    );
  if (roles.has('broker') && ofBrokers.length === 0)
    throw refused(
      'listeners',
      'all of them are controller listeners; add one for clients, for example PLAINTEXT://127.0.0.1:9092',
    );
  if (!roles.has('broker') && ofBrokers[0] !== undefined)
    throw refused(
      'listeners',
      `${ofBrokers[0].listenerName} is not among controller.listener.names, but process.roles is controller`,
    );
}

/** A controller listener that `advertised.listeners` does not name is reached where it listens. */
function resolveControllers(
  settings: ListenerSettings,
  listeners: readonly ListenerEndPoint[],
  protocols: ReadonlyMap<string, SecurityProtocol>,
): readonly EndPoint[] {
  const advertised = (settings.advertised ?? []).map((text) =>
    parseEndPoint(text, 'advertised.listeners', protocols),
  );
  return listeners
    .filter(({ role }) => role === 'controller')
    .map(
      ({ listenerName, host, port, securityProtocol }) =>
        advertised.find((one) => one.listenerName === listenerName) ?? {
          listenerName,
          host,
          port,
          securityProtocol,
        },
    );
}

function resolveAdvertised(
  settings: ListenerSettings,
  listeners: readonly ListenerEndPoint[],
  protocols: ReadonlyMap<string, SecurityProtocol>,
): readonly EndPoint[] {
  const brokerListeners = listeners.filter(({ role }) => role === 'broker');
  const all =
    settings.advertised?.map((text) => parseEndPoint(text, 'advertised.listeners', protocols)) ??
    brokerListeners;
  const names = new Set(listeners.map(({ listenerName }) => listenerName));
  const advertised = all.filter(
    ({ listenerName }) =>
      !settings.controllerNames.some((name) => name.toUpperCase() === listenerName),
  );
  for (const { listenerName, host } of advertised) {
    if (!names.has(listenerName))
      throw refused('advertised.listeners', `listener ${listenerName} is not among the listeners`);
    if (host === '0.0.0.0' || host === '::')
      throw refused(
        'advertised.listeners',
        `${host} cannot be reached by clients; advertise an address that can`,
      );
  }
  if (advertised.length === 0)
    throw refused('advertised.listeners', 'no listener for clients is left');
  return advertised.map(({ listenerName, host, port, securityProtocol }) => ({
    listenerName,
    host,
    port,
    securityProtocol,
  }));
}

function resolveInterBroker(settings: ListenerSettings, advertised: readonly EndPoint[]): string {
  const { interBrokerName, interBrokerProtocol } = settings;
  if (interBrokerProtocol !== 'PLAINTEXT')
    throw refused(
      'security.inter.broker.protocol',
      `${interBrokerProtocol} is not served by this version; use PLAINTEXT`,
    );
  const chosen =
    interBrokerName?.toUpperCase() ??
    advertised.find(({ listenerName }) => listenerName === interBrokerProtocol)?.listenerName ??
    advertised[0]!.listenerName;
  if (!advertised.some(({ listenerName }) => listenerName === chosen))
    throw refused(
      'inter.broker.listener.name',
      `listener ${chosen} is not among the advertised listeners`,
    );
  return chosen;
}

function refused(key: string, reason: string): ConfigError {
  return new ConfigError(`Invalid configuration ${key}: ${reason}`, key);
}
