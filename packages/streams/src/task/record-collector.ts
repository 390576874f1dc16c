// Where a task's output goes: the runtime's is a producer, the test driver's a list. Kafka: RecordCollector.
import type { MaybePromise } from '../processor/processor.ts';
import type { Headers } from '../processor/record.ts';

/** A record on its way out, as bytes. */
export interface OutputRecord {
  readonly topic: string;
  /** Undefined: by the key's bytes, as Kafka's default partitioner does. */
  readonly partition: number | undefined;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Headers;
  /** The sink, or the store whose changelog this is; for errors. */
  readonly origin: string;
}

/** Takes records in order. Errors of sends that come back later are thrown by the next call, or by `flush`. */
export interface RecordCollector {
  /** A promise when there is no room: the task waits for it, in order. @throws StreamsError of an earlier send */
  send(record: OutputRecord): MaybePromise;
  /** How many partitions a topic has; asked only for sinks with a partitioner. */
  partitionCount(topic: string): number | Promise<number>;
  /** Done when everything sent is acknowledged. @throws StreamsError when something was not */
  flush(): MaybePromise;
  /** Gives up what is open. @param clean false: after an error, and without waiting */
  close(clean: boolean): MaybePromise;
}
