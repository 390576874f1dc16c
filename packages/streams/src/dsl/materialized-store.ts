// From what the user said of a table's store to its builder; says what is missing when there is a store and no serde for it.
// Kafka: MaterializedInternal, KeyValueStoreMaterializer, WindowStoreMaterializer.
import type { Serde } from '@ottla/serdes';
import { StreamsError } from '../errors.ts';
import type { TimestampedKeyValueStore } from '../store/key-value-store.ts';
import type { StoreBuilder } from '../store/store-builder.ts';
import { Stores } from '../store/stores.ts';
import type { TimestampedWindowStore } from '../store/window-store.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { Materialized } from './options.ts';

export interface StoreIdentity<K, V> {
  /** The operator, for messages. */
  readonly operator: string;
  readonly storeName: string;
  readonly key: Serde<K> | undefined;
  readonly value: Serde<V> | undefined;
  readonly materialized: Materialized<K, V>;
}

export function rowStoreBuilder<K, V>(
  builder: GraphBuilder,
  identity: StoreIdentity<K, V>,
): StoreBuilder<TimestampedKeyValueStore<K, V>> {
  return Stores.timestampedKeyValue(identity.storeName, storeOptions(builder, identity));
}

export function windowStoreBuilder<K, V>(
  builder: GraphBuilder,
  identity: StoreIdentity<K, V>,
  windows: { readonly windowSizeMs: number; readonly retentionMs: number },
): StoreBuilder<TimestampedWindowStore<K, V>> {
  const options = { ...storeOptions(builder, identity), ...windows };
  return Stores.timestampedWindow(identity.storeName, options);
}

function storeOptions<K, V>(
  builder: GraphBuilder,
  identity: StoreIdentity<K, V>,
): Parameters<typeof Stores.timestampedKeyValue<K, V>>[1] {
  const { materialized } = identity;
  const { defaults } = builder;
  return {
    keySerde: serdeOr(identity, 'key', identity.key, defaults.key),
    valueSerde: serdeOr(identity, 'value', identity.value, defaults.value),
    type: materialized.type,
    logging: materialized.logging,
    logConfig: materialized.logConfig,
    caching: materialized.caching ?? true,
  };
}

function serdeOr<T>(
  { operator, storeName }: { readonly operator: string; readonly storeName: string },
  side: 'key' | 'value',
  given: Serde<T> | undefined,
  fallback: Serde<unknown> | undefined,
): Serde<T> {
  const serde = given ?? (fallback as Serde<T> | undefined);
  if (serde !== undefined) return serde;
  throw new StreamsError(
    'INVALID_CONFIG',
    `${operator} keeps its ${side}s in store ${storeName} and has no serde for them: give one, such as ` +
      `{ ${side}: string() }, or set a default in new StreamsBuilder({ default${side === 'key' ? 'Key' : 'Value'}Serde })`,
  );
}
