// One step that changes or drops single records. Kafka: org.apache.kafka.connect.transforms.Transformation and
// transforms.predicates.Predicate.
import type { ConfigDef } from '../config/config-def.ts';
import type { ConnectRecord } from '../record/connect-record.ts';

/** Applied to each record in turn, in the order of the config `transforms`. Synchronous. */
export interface Transformation {
  configDef(): ConfigDef;
  /** Called once, first; names without the prefix (`transforms.<alias>.`). @throws ConfigError */
  configure(configs: Readonly<Record<string, unknown>>): void;
  /** The record, another one made by `newRecord`, or null to drop it. @throws DataError, RetriableError */
  apply<R extends ConnectRecord>(record: R): R | null;
  close?(): void;
}

/** Decides which records a transformation is applied to. */
export interface Predicate {
  configDef(): ConfigDef;
  configure(configs: Readonly<Record<string, unknown>>): void;
  test(record: ConnectRecord): boolean;
  close?(): void;
}
