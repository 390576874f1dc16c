// Keys in windows as bytes: the key's, then eight bytes of the window's start; the end follows from the size.
// Kafka: TimeWindowedSerializer, TimeWindowedDeserializer.
import { DeserializationError, type Serde } from '@ottla/serdes';
import { readInt64, writeInt64 } from '../store/value-codec.ts';
import type { Windowed } from '../store/window-store.ts';

const START_BYTES = 8;

/** @param sizeMs of the windows */
export function windowedSerde<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  return {
    name: `windowed ${key.name}`,
    serialize(windowed, context) {
      const bytes = key.serialize(windowed.key, context);
      const all = Buffer.allocUnsafe(bytes.length + START_BYTES);
      all.set(bytes, 0);
      writeInt64(all, windowed.window.start, bytes.length);
      return all;
    },
    deserialize(bytes, context) {
      const keyLength = bytes.length - START_BYTES;
      if (keyLength < 0)
        throw new DeserializationError(
          `the ${context.side} of a record of ${context.topic} is too short for a windowed key`,
        );
      const start = readInt64(bytes, keyLength);
      return {
        key: key.deserialize(bytes.subarray(0, keyLength), context),
        window: { start, end: start + sizeMs },
      };
    },
  };
}
