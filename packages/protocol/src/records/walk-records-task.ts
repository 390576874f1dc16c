// `walkRecords` for a worker thread: what goes in and comes out can be copied between threads. Large compressed batches are
// checked this way, for to decompress one takes longer than an event loop may be held (DESIGN §4.4).

import { ProtocolError, type ProtocolErrorCode } from '../protocol-error.ts';
import { readBatchHeader } from './batch-header.ts';
import {
  createRecordWalk,
  type RecordWalk,
  type WalkOptions,
  walkRecords,
} from './walk-records.ts';

/** One complete batch v2 at the start of `bytes`, and what to check. */
export interface WalkTask {
  readonly bytes: Uint8Array;
  readonly options: WalkOptions;
}

/** What the walk found, or the fields of the `ProtocolError` that it threw: a class does not survive the way between threads. */
export type WalkTaskResult =
  | { readonly walk: RecordWalk }
  | {
      readonly error: {
        readonly code: ProtocolErrorCode;
        readonly message: string;
        readonly recordIndex: number | undefined;
      };
    };

/** Runs on a thread, by its name: `threads.run(new URL(import.meta.resolve('@ottla/protocol/records')), 'walkRecordsTask', task)`. */
export function walkRecordsTask({ bytes, options }: WalkTask): WalkTaskResult {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return { walk: walkRecords(buffer, readBatchHeader(buffer, 0), options, createRecordWalk()) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message, recordIndex } = error;
    return { error: { code, message, recordIndex } };
  }
}
