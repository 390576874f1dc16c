// UUIDs as their 36 characters. Kafka: UUIDSerializer.
import { DeserializationError, SerializationError } from './errors.ts';
import type { Serde } from './serde.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** A UUID as text of 36 characters, as Java's UUIDSerializer writes it; lower case on the wire and when read. */
export function uuid(): Serde<string> {
  return {
    name: 'uuid',
    serialize(value) {
      if (!UUID.test(value)) throw new SerializationError(`"${value}" is no UUID`);
      return Buffer.from(value.toLowerCase(), 'latin1');
    },
    deserialize(bytes, { topic, side }) {
      const text = bytes.toString('latin1');
      if (!UUID.test(text))
        throw new DeserializationError(`the ${side} of a record of ${topic} is no UUID`);
      return text.toLowerCase();
    },
  };
}
