// The nodes of a topology as they are described, before any task makes instances of them.
// Kafka: InternalTopologyBuilder's NodeFactory family.
import type { Serde } from '@ottla/serdes';
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.ts';
import type { StreamPartitioner, TopicNameExtractor } from '../processor/sink-routing.ts';
import type { TimestampExtractor } from '../processor/timestamp-extractor.ts';

/** Where a source begins when nothing is committed; by duration: that long ago. */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDurationMs: number };

// oxlint-disable-next-line typescript/no-explicit-any -- a definition holds what any type of record needs; its author checks
type Any = any;

/** A serde of whichever type; who builds a topology sees to it that they fit. */
export type AnySerde = Serde<Any>;
/** A supplier of a processor of whichever types. */
export type AnySupplier =
  | ProcessorSupplier<Any, Any, Any, Any>
  | FixedKeyProcessorSupplier<Any, Any, Any>;

/** What a source reads. */
export interface SourceOptions {
  /** Topics by name, or every topic whose whole name matches. */
  readonly topics: string | readonly string[] | RegExp;
  /** Default: the application's. */
  readonly key?: AnySerde | undefined;
  /** Default: the application's. */
  readonly value?: AnySerde | undefined;
  /** Default: the application's. */
  readonly timestampExtractor?: TimestampExtractor | undefined;
  /** Default: the consumer's `auto.offset.reset`. */
  readonly offsetReset?: OffsetReset | undefined;
}

/** Where a sink writes. */
export interface SinkOptions {
  readonly topic: string | TopicNameExtractor;
  /** Default: the application's. */
  readonly key?: AnySerde | undefined;
  /** Default: the application's. */
  readonly value?: AnySerde | undefined;
  /** Default: by the key's bytes. */
  readonly partitioner?: StreamPartitioner | undefined;
}

export interface SourceDefinition {
  readonly kind: 'source';
  readonly name: string;
  readonly parents: readonly string[];
  /** Empty when there is a pattern. Internal topics are without the application's prefix. */
  readonly topics: readonly string[];
  readonly pattern: RegExp | undefined;
  readonly options: SourceOptions;
}

export interface ProcessorDefinition {
  readonly kind: 'processor';
  readonly name: string;
  readonly parents: readonly string[];
  readonly supplier: AnySupplier;
  /** Names of the stores that it may use. */
  readonly stores: Set<string>;
}

export interface SinkDefinition {
  readonly kind: 'sink';
  readonly name: string;
  readonly parents: readonly string[];
  readonly options: SinkOptions;
}

export type NodeDefinition = SourceDefinition | ProcessorDefinition | SinkDefinition;
