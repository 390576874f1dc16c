// Makes a store for each task. Kafka: StoreBuilder.
import type { StateStore } from './state-store.ts';

export interface StoreBuilder<S extends StateStore = StateStore> {
  readonly name: string;
  /** Whether its changes go to a changelog topic. */
  readonly loggingEnabled: boolean;
  /** Whether it may hold changes back until the commit. */
  readonly cachingEnabled: boolean;
  /** Settings of its changelog topic beyond Kafka's for its kind. */
  readonly logConfig: Readonly<{ readonly [key: string]: string }>;
  /** Of a window store: how long its changelog has to keep a window, milliseconds; undefined: it is compacted only. */
  readonly retentionMs: number | undefined;
  build(): S;
}
