// Text as UTF-8. Kafka: StringSerializer, StringDeserializer.
import { DeserializationError, SerializationError } from './errors.ts';
import type { Serde } from './serde.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Text as UTF-8.
 *
 * @param options.strict refuse bytes that are not UTF-8, instead of reading U+FFFD in their place as Java does; default false
 */
export function string(options: { readonly strict?: boolean } = {}): Serde<string> {
  const isStrict = options.strict ?? false;
  return {
    name: 'string',
    serialize(value) {
      if (typeof value !== 'string')
        throw new SerializationError(`a string serde takes text, not ${describe(value)}`);
      return Buffer.from(value);
    },
    deserialize(bytes, { topic, side }) {
      if (!isStrict) return bytes.toString();
      try {
        return strict.decode(bytes);
      } catch (cause) {
        throw new DeserializationError(`the ${side} of a record of ${topic} is not UTF-8`, {
          cause,
        });
      }
    },
  };
}

/** What a value is, for messages: its type, never its content. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return value.constructor?.name ?? 'an object';
}
