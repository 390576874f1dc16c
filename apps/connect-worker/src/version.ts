// What the worker says it is.

/** The level of the REST API, in Kafka's versions: tools decide by it what they may call. */
export const REST_VERSION = '4.3.1';

/** Of this package. */
export const WORKER_VERSION = '0.1.0';
