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
export {
  TopologyTestDriver,
  type TopologyTestDriverOptions,
} from './test-driver/topology-test-driver.ts';
export {
  type InputTopicTime,
  TestInputTopic,
  type TestRecord,
} from './test-driver/test-input-topic.ts';
export { type OutputTestRecord, TestOutputTopic } from './test-driver/test-output-topic.ts';
export {
  continueOnError,
  type DeadLetter,
  type DeserializationExceptionHandler,
  type ErrorHandlerContext,
  type ErrorResponse,
  failOnError,
  type ProcessingExceptionHandler,
} from './task/exception-handlers.ts';
export { type StoreOptions, Stores, type WindowStoreSettings } from './store/stores.ts';
export type { StoreBuilder } from './store/store-builder.ts';
export type {
  CachedStore,
  ChangelogRecord,
  FlushListener,
  StateStore,
  StoreContext,
} from './store/state-store.ts';
export type { ByteEntry, ByteRange, ByteStore } from './store/byte-store.ts';
export type { StoreIterator } from './store/store-iterator.ts';
export type {
  KeyValue,
  KeyValueStore,
  ReadOnlyKeyValueStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './store/key-value-store.ts';
export type {
  ReadOnlyWindowStore,
  TimestampedWindowStore,
  Windowed,
  WindowEntry,
  WindowStore,
} from './store/window-store.ts';
export { StreamsBuilder, type StreamsBuilderOptions } from './dsl/streams-builder.ts';
export { KStream } from './dsl/kstream.ts';
export { KTable } from './dsl/ktable.ts';
export type { GlobalKTable } from './dsl/global-ktable.ts';
export { KGroupedStream } from './dsl/kgrouped-stream.ts';
export { KGroupedTable } from './dsl/kgrouped-table.ts';
export { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts';
export type {
  Branched,
  Consumed,
  Grouped,
  Joined,
  Materialized,
  MaterializedWindows,
  Named,
  Produced,
  Repartitioned,
} from './dsl/options.ts';
export { hoppingWindows, TimeWindows, tumblingWindows } from './window/time-windows.ts';
export { windowedSerde } from './window/windowed-serde.ts';
export { KafkaStreams, type StreamsState, type TaskMetadata } from './runtime/kafka-streams.ts';
export type { StreamsOptions } from './runtime/streams-config.ts';
export { hosted } from './rxjs/hosted.ts';
export type { TaskSchedulers } from './rxjs/hosted-operators.ts';
export { type StreamOperator, streamOperator } from './rxjs/stream-operator.ts';
export type { PipeResult, PipeStep, StepInput, StreamPipe } from './rxjs/pipe-types.ts';
export type { MapAsyncOptions } from './rxjs/async-mapper.ts';
export type { RecordObserver, StreamSubscription } from './rxjs/observed-stream.ts';
