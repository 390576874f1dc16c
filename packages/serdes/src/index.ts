// The only door of @ottla/serdes.
export { bytes } from './bytes.ts';
export { DeserializationError, SerializationError } from './errors.ts';
export { json, type JsonOptions } from './json.ts';
export { bigint64, float32, float64, int16, int32, int64 } from './numbers.ts';
export type { Serde, SerdeContext, ValueOf } from './serde.ts';
export { string } from './text.ts';
export { topic, type TypedTopic } from './topic.ts';
export { uuid } from './uuid.ts';
