// JSON text. Says nothing of a schema; what comes out is checked only when a `check` is given.
import { DeserializationError, SerializationError } from './errors.ts';
import type { Serde } from './serde.ts';
import { describe } from './text.ts';

export interface JsonOptions<T> {
  /** Proves that what was read is a `T`, such as a schema library's `parse`; what it throws becomes the cause. */
  readonly check?: (value: unknown) => T;
}

/** JSON as `JSON.stringify` writes it. Without a `check` the type is the caller's word. */
export function json<T = unknown>(options: JsonOptions<T> = {}): Serde<T> {
  const check = options.check ?? ((value: unknown) => value as T);
  return {
    name: 'json',
    serialize(value) {
      const text = stringify(value);
      if (text === undefined)
        throw new SerializationError(`JSON has no form for ${describe(value)}`);
      return Buffer.from(text);
    },
    deserialize(bytes, { topic, side }) {
      let value: unknown;
      try {
        value = JSON.parse(bytes.toString());
      } catch (cause) {
        throw new DeserializationError(`the ${side} of a record of ${topic} is not JSON`, {
          cause,
        });
      }
      try {
        return check(value);
      } catch (cause) {
        throw new DeserializationError(
          `the ${side} of a record of ${topic} is JSON of another shape than expected`,
          { cause },
        );
      }
    },
  };
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new SerializationError(`JSON cannot hold this value: ${String(cause)}`, { cause });
  }
}
