// Streams make tables and tables make streams; each asks the builder's family for the other, so that no file needs all others.
import type { KGroupedStream, Grouping } from './kgrouped-stream.ts';
import type { KGroupedTable } from './kgrouped-table.ts';
import type { KStream } from './kstream.ts';
import type { KTable } from './ktable.ts';
import type { Grouped } from './options.ts';
import type { StreamNode } from './stream-node.ts';
import type { TableSupplier } from './table-supplier.ts';

export interface Family {
  /** @param needsRepartition whether the keys changed since the last topic */
  stream<K, V>(node: StreamNode<K, V>, needsRepartition: boolean): KStream<K, V>;
  table<K, V>(
    node: StreamNode<K, V>,
    supplier: TableSupplier<K, V>,
    queryableStoreName: string | undefined,
  ): KTable<K, V>;
  groupedStream<K, V>(grouping: Grouping<K, V>): KGroupedStream<K, V>;
  groupedTable<K, V>(node: StreamNode<K, V>, grouped: Grouped<K, V>): KGroupedTable<K, V>;
}
