// What a store keeps for a value, and what its changelog gets: the changelog of a timestamped store has the plain value, and the
// store's time as the record's. Kafka: ValueAndTimestampSerializer, ChangeLoggingTimestampedKeyValueBytesStore.
import type { Serde } from '@ottla/serdes';
import type { ValueAndTimestamp } from './key-value-store.ts';

const TIMESTAMP_BYTES = 8;

export interface ValueCodec<V> {
  toStored(value: V, topic: string): Buffer;
  fromStored(stored: Buffer, topic: string): V;
  /** What goes to the changelog. */
  toLogged(stored: Buffer): Buffer;
  /** What the changelog's record becomes in the store. */
  fromLogged(logged: Buffer, timestamp: number): Buffer;
  /** Of the changelog's record; undefined: the time of the record that is processed. */
  timestampOf(value: V): number | undefined;
}

/** The value's bytes as they are. */
export function plainCodec<V>(serde: Serde<V>): ValueCodec<V> {
  return {
    toStored: (value, topic) => toBuffer(serde.serialize(value, { topic, side: 'value' })),
    fromStored: (stored, topic) => serde.deserialize(stored, { topic, side: 'value' }),
    toLogged: (stored) => stored,
    fromLogged: (logged) => logged,
    timestampOf: () => undefined,
  };
}

/** Eight bytes of time before the value's. */
export function timestampedCodec<V>(serde: Serde<V>): ValueCodec<ValueAndTimestamp<V>> {
  return {
    toStored({ value, timestamp }, topic) {
      const bytes = serde.serialize(value, { topic, side: 'value' });
      const stored = Buffer.allocUnsafe(TIMESTAMP_BYTES + bytes.length);
      writeInt64(stored, timestamp, 0);
      stored.set(bytes, TIMESTAMP_BYTES);
      return stored;
    },
    fromStored(stored, topic) {
      const value = serde.deserialize(stored.subarray(TIMESTAMP_BYTES), { topic, side: 'value' });
      return { value, timestamp: readInt64(stored, 0) };
    },
    toLogged: (stored) => stored.subarray(TIMESTAMP_BYTES),
    fromLogged(logged, timestamp) {
      const stored = Buffer.allocUnsafe(TIMESTAMP_BYTES + logged.length);
      writeInt64(stored, timestamp, 0);
      stored.set(logged, TIMESTAMP_BYTES);
      return stored;
    },
    timestampOf: ({ timestamp }) => timestamp,
  };
}

/** Big-endian, within ±(2^53−1): times and nothing else. */
export function writeInt64(target: Buffer, value: number, at: number): void {
  target.writeInt32BE(Math.floor(value / 2 ** 32), at);
  target.writeUInt32BE(value >>> 0, at + 4);
}

export function readInt64(source: Buffer, at: number): number {
  return source.readInt32BE(at) * 2 ** 32 + source.readUInt32BE(at + 4);
}

export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
