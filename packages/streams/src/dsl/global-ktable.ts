// A table that every instance holds whole; streams join it by any key. Kafka: GlobalKTable.
import type { GetterSupplier } from './table-supplier.ts';

export class GlobalKTable<K, V> {
  /** To query it by; undefined when it was given none. */
  readonly queryableStoreName: string | undefined;
  readonly getter: GetterSupplier<K, V>;

  constructor(getter: GetterSupplier<K, V>, queryableStoreName: string | undefined) {
    this.getter = getter;
    this.queryableStoreName = queryableStoreName;
  }
}
