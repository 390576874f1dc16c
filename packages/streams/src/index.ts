// The only door of @ottla/streams.
export { ProcessingError, StreamsError, type StreamsErrorCode, TopologyError } from './errors.ts';
export {
  type FixedKeyRecord,
  type Header,
  type Headers,
  NO_HEADERS,
  Record,
} from './processor/record.ts';
export type {
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  FixedKeyProcessorSupplier,
  MaybePromise,
  ProcessingContext,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  Punctuation,
  PunctuationType,
  Punctuator,
  RecordMetadata,
  StoreProvider,
} from './processor/processor.ts';
export { compareTaskIds, parseTaskId, type TaskId, taskIdText } from './processor/task-id.ts';
export {
  failOnInvalidTimestamp,
  logAndSkipOnInvalidTimestamp,
  partitionTimeOnInvalidTimestamp,
  type SourceRecord,
  type TimestampExtractor,
  wallClockTimestamp,
} from './processor/timestamp-extractor.ts';
export type {
  SinkRecordContext,
  StreamPartitioner,
  TopicNameExtractor,
} from './processor/sink-routing.ts';
export { Topology } from './topology/topology.ts';
export type { GlobalStoreOptions, InternalTopicOptions } from './topology/topology-graph.ts';
export type { OffsetReset, SinkOptions, SourceOptions } from './topology/node-definition.ts';
export type {
  DescribedGlobalStore,
  DescribedNode,
  DescribedSubtopology,
  TopologyDescription,
} from './topology/describe.ts';
