// Bytes as they are. Kafka: ByteArraySerializer.
import { SerializationError } from './errors.ts';
import type { Serde } from './serde.ts';
import { describe } from './text.ts';

/** Bytes as they are. What is read is a slice of what was fetched: copy it to keep a few bytes of much for long. */
export function bytes(): Serde<Uint8Array> {
  return {
    name: 'bytes',
    serialize(value) {
      if (!(value instanceof Uint8Array))
        throw new SerializationError(`a bytes serde takes a Uint8Array, not ${describe(value)}`);
      return value;
    },
    deserialize: (value) => value,
  };
}
