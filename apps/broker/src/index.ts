// The door of @ottla/broker.

export { BrokerConfig } from './config/broker-config.ts';
export type { BrokerConfigSource } from './config/broker-config.ts';
export { ConfigError } from './config/config-error.ts';
