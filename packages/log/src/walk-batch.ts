// Where the records of a batch are walked: in place when that is quick, on another thread when the batch is compressed and
// large. How large is not known before it is decompressed, so a batch that turns out to be is stopped and begun again there:
// the event loop is held for the time of `IN_PLACE_BYTES_MAX` at most, 2 to 3 ms (measured, whatever the codec). DESIGN §4.4.
import { ThreadError, type Threads } from '@ottla/platform';
import {
  type BatchHeader,
  compressionOf,
  createRecordWalk,
  ProtocolError,
  type RecordWalk,
  walkRecords,
  walkRecordsTask,
  type WalkOptions,
  type WalkTask,
  type WalkTaskResult,
} from '@ottla/protocol/records';

/** Decompressed records that are walked on the event loop, in bytes. */
export const IN_PLACE_BYTES_MAX: number = 1024 * 1024;
/** Compressed batches that are worth the attempt. */
export const IN_PLACE_COMPRESSED_BYTES_MAX: number = 256 * 1024;

/** Filled by every walk in place. */
const inPlace = createRecordWalk();

/**
 * Checks the records of a batch.
 *
 * @returns the result at once, good until the next call, or by a promise from another thread
 * @throws ProtocolError as `walkRecords`
 */
export function walkBatch(
  bytes: Buffer,
  header: BatchHeader,
  threads: Pick<Threads, 'run'>,
  options: WalkOptions & { readonly maxDecompressedBytes: number },
): RecordWalk | Promise<RecordWalk> {
  if (compressionOf(header.attributes) === 0) return walkRecords(bytes, header, options, inPlace);
  if (header.sizeInBytes > IN_PLACE_COMPRESSED_BYTES_MAX)
    return walkElsewhere(bytes, header, threads, options);
  const maxDecompressedBytes = Math.min(options.maxDecompressedBytes, IN_PLACE_BYTES_MAX);
  try {
    return walkRecords(bytes, header, { ...options, maxDecompressedBytes }, inPlace);
  } catch (error) {
    const isTooLarge = error instanceof ProtocolError && error.code === 'TOO_LARGE';
    if (!isTooLarge || maxDecompressedBytes === options.maxDecompressedBytes) throw error;
    return walkElsewhere(bytes, header, threads, options);
  }
}

async function walkElsewhere(
  bytes: Buffer,
  header: BatchHeader,
  threads: Pick<Threads, 'run'>,
  options: WalkOptions,
): Promise<RecordWalk> {
  const { position, sizeInBytes } = header;
  // A copy: what is sent to a thread goes with all the memory behind it.
  const batch = new Uint8Array(bytes.subarray(position, position + sizeInBytes));
  const task: WalkTask = { bytes: batch, options };
  const result = await run(threads, task);
  if ('walk' in result) return result.walk;
  const { code, message, recordIndex } = result.error;
  throw new ProtocolError(code, message, recordIndex === undefined ? undefined : { recordIndex });
}

async function run(threads: Pick<Threads, 'run'>, task: WalkTask): Promise<WalkTaskResult> {
  try {
    const module = new URL(import.meta.resolve('@ottla/protocol/records'));
    return (await threads.run(module, walkRecordsTask.name, task)) as WalkTaskResult;
  } catch (error) {
    if (!(error instanceof ThreadError)) throw error;
    // No thread can be had, or it died: late is better than refused.
    return walkRecordsTask(task);
  }
}
