// The door of @ottla/testing.
export { startBroker } from './start-broker.ts';
export type { StartBrokerOptions, TestBroker, TopicToCreate } from './test-broker.ts';
