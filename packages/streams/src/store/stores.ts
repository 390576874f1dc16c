// How stores are asked for: `Stores.keyValue('counts', { … })` gives a builder for `addStateStore` or for an operator's option.
// Kafka: Stores, StoreBuilder.
import type { Serde } from '@ottla/serdes';
import { ByteKeyValueStore } from './byte-key-value-store.ts';
import { ByteWindowStore } from './byte-window-store.ts';
import type { KeyValueStore, TimestampedKeyValueStore } from './key-value-store.ts';
import type { StateStore } from './state-store.ts';
import type { StoreBuilder } from './store-builder.ts';
import { plainCodec, timestampedCodec } from './value-codec.ts';
import type { TimestampedWindowStore, WindowStore } from './window-store.ts';

export interface StoreOptions<K, V> {
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<V>;
  /** `persistent`: LevelDB in the state directory; `memory`: filled from the changelog at every start. Default `persistent`. */
  readonly type?: 'persistent' | 'memory' | undefined;
  /** Whether changes go to a changelog topic, from which the store is restored. Default true. */
  readonly logging?: boolean | undefined;
  /** Settings of the changelog topic. */
  readonly logConfig?: Readonly<{ readonly [key: string]: string }> | undefined;
  /** Whether changes may be held back until the commit, so that only the last of each key goes on. Default false. */
  readonly caching?: boolean | undefined;
}

export interface WindowStoreSettings<K, V> extends StoreOptions<K, V> {
  /** How long after its start a window is kept at least, milliseconds; not below `windowSizeMs`. */
  readonly retentionMs: number;
  readonly windowSizeMs: number;
}

export const Stores = {
  /** Values by key. */
  keyValue<K, V>(name: string, options: StoreOptions<K, V>): StoreBuilder<KeyValueStore<K, V>> {
    return builder(name, options, undefined, () => {
      const codec = plainCodec(options.valueSerde);
      return new ByteKeyValueStore({ ...common(name, options), codec });
    });
  },

  /** Values with their times by key: what the DSL uses. */
  timestampedKeyValue<K, V>(
    name: string,
    options: StoreOptions<K, V>,
  ): StoreBuilder<TimestampedKeyValueStore<K, V>> {
    return builder(name, options, undefined, () => {
      const codec = timestampedCodec(options.valueSerde);
      return new ByteKeyValueStore({ ...common(name, options), codec });
    });
  },

  /** Values by key and window. */
  window<K, V>(name: string, options: WindowStoreSettings<K, V>): StoreBuilder<WindowStore<K, V>> {
    checkRetention(name, options);
    return builder(name, options, options.retentionMs, () => {
      const { retentionMs, windowSizeMs } = options;
      const codec = plainCodec(options.valueSerde);
      return new ByteWindowStore({ ...common(name, options), retentionMs, windowSizeMs, codec });
    });
  },

  /** Values with their times by key and window: what the DSL uses. */
  timestampedWindow<K, V>(
    name: string,
    options: WindowStoreSettings<K, V>,
  ): StoreBuilder<TimestampedWindowStore<K, V>> {
    checkRetention(name, options);
    return builder(name, options, options.retentionMs, () => {
      const { retentionMs, windowSizeMs } = options;
      const codec = timestampedCodec(options.valueSerde);
      return new ByteWindowStore({ ...common(name, options), retentionMs, windowSizeMs, codec });
    });
  },
} as const;

function builder<S extends StateStore>(
  name: string,
  options: Pick<StoreOptions<unknown, unknown>, 'logging' | 'caching' | 'logConfig'>,
  retentionMs: number | undefined,
  build: () => S,
): StoreBuilder<S> {
  return {
    name,
    loggingEnabled: options.logging ?? true,
    cachingEnabled: options.caching ?? false,
    logConfig: options.logConfig ?? {},
    retentionMs,
    build,
  };
}

function common<K, V>(
  name: string,
  options: StoreOptions<K, V>,
): { name: string; isPersistent: boolean; isCached: boolean; keySerde: Serde<K> } {
  return {
    name,
    isPersistent: options.type !== 'memory',
    isCached: options.caching ?? false,
    keySerde: options.keySerde,
  };
}

function checkRetention(
  name: string,
  options: { readonly retentionMs: number; readonly windowSizeMs: number },
): void {
  const { retentionMs, windowSizeMs } = options;
  if (!(windowSizeMs >= 0)) throw new RangeError(`store ${name}: windowSizeMs cannot be negative`);
  if (!(retentionMs >= windowSizeMs))
    throw new RangeError(
      `store ${name}: the retention of ${retentionMs} ms cannot be smaller than the window of ${windowSizeMs} ms`,
    );
}
