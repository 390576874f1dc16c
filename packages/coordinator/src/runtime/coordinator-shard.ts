// The contract between the runtime and a coordinator's state machine. A shard reads its state and returns records; only
// `replay` changes what the records are about, live and while loading. Kafka: CoordinatorShard, CoordinatorResult.

import type { Logger } from '@ottla/platform';
import type { CoordinatorError } from './coordinator-error.ts';
import type { KeyedTimers } from './shard-timers.ts';
import type { SnapshotRegistry } from './snapshot-registry.ts';

/** What an operation wants written and answered. */
export interface CoordinatorResult<R, T> {
  /** In order. When empty, the answer waits only for the writes before it. */
  readonly records: readonly R[];
  /** Given to the caller once the records are committed. */
  readonly response: T;
  /** Whether the records are replayed into the state; default true. False when the operation has changed it itself. */
  readonly replay?: boolean;
  /** Whether the records must share one batch; default true. False lets a long list spread over several. */
  readonly atomic?: boolean;
  /** Called exactly once: without an error when the records are committed, else with the reason why that is not known. */
  readonly whenSettled?: (error: CoordinatorError | undefined) => void;
}

/** The producer of a record that is part of a transaction. */
export interface RecordProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** The state machine of one partition. None of its methods is asynchronous or does I/O. */
export interface CoordinatorShard<R> {
  /**
   * Applies a record to the state.
   *
   * @param offset where the record is, or will be, in the log
   * @param producer given when the record is part of a transaction
   */
  replay(offset: number, record: R, producer?: RecordProducer): void;
  /** Applies a transaction's end to the state. */
  replayTransactionEnd?(producer: RecordProducer, committed: boolean): void;
  /** The log has been read: timers may be set. */
  onLoaded?(): void;
  /** The shard ends here: everything that still waits must be answered with NOT_COORDINATOR. Timers are gone already. */
  onUnloaded?(): void;
}

/** What a shard is made with. */
export interface ShardContext<R> {
  readonly partition: number;
  /** For the shard's `SnapshotMap`s. */
  readonly snapshots: SnapshotRegistry;
  /** Timers whose operations are written like any other; all end with the shard. */
  readonly timers: KeyedTimers<R>;
  readonly logger: Logger;
}

/** A record's key and value as the log stores them. */
export interface RecordBytes {
  readonly key: Uint8Array;
  /** Null for a tombstone. */
  readonly value: Uint8Array | null;
}

/** How records become bytes and back. */
export interface RecordCodec<R> {
  encode(record: R): RecordBytes;
  /**
   * @returns undefined for a record of a kind that this coordinator does not know and steps over
   * @throws ProtocolError for bytes that are not what their type says
   */
  decode(key: Buffer | null, value: Buffer | null): R | undefined;
}
