// What tables tell each other: what a row is now, and what it was where that is known. Kafka: Change, ChangedSerializer.
import { DeserializationError, type Serde, SerializationError } from '@ottla/serdes';
import { Reader } from '@ottla/protocol';

/** Null: there is no row; or, for `oldValue`, nobody asked for it. */
export interface Change<V> {
  readonly newValue: V | null;
  readonly oldValue: V | null;
}

const OLD = 0;
const NEW = 1;
const BOTH = 2;

/** The form in which a change passes through a repartition topic: the values, then a byte that says which. */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  return {
    name: `change of ${inner.name}`,
    serialize({ newValue, oldValue }, context) {
      const after = newValue === null ? undefined : inner.serialize(newValue, context);
      const before = oldValue === null ? undefined : inner.serialize(oldValue, context);
      if (after !== undefined && before !== undefined)
        return Buffer.concat([varint(after.length), after, before, Buffer.of(BOTH)]);
      if (after !== undefined) return Buffer.concat([after, Buffer.of(NEW)]);
      if (before !== undefined) return Buffer.concat([before, Buffer.of(OLD)]);
      throw new SerializationError('a change from nothing to nothing has no form');
    },
    deserialize(bytes, context) {
      const kind = bytes.at(-1);
      const values = bytes.subarray(0, -1);
      if (kind === NEW) return { newValue: inner.deserialize(values, context), oldValue: null };
      if (kind === OLD) return { newValue: null, oldValue: inner.deserialize(values, context) };
      if (kind !== BOTH)
        throw new DeserializationError(
          `a change cannot be of the kind ${kind} in ${context.topic}`,
        );
      const reader = new Reader(values);
      const length = reader.varint();
      const start = values.length - reader.remaining;
      return {
        newValue: inner.deserialize(values.subarray(start, start + length), context),
        oldValue: inner.deserialize(values.subarray(start + length), context),
      };
    },
  };
}

/** Zigzag, seven bits to a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
