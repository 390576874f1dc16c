// What a records field may hold when a message is encoded. Record batches are the bulk of all traffic, so they are not
// copied into the message: the writer notes where they belong and hands out segments (DESIGN §4.3).

/**
 * Record batches that live elsewhere: a range of a log file, cached slices, a client's batch. The wire layer only
 * needs their size; who sends the segments knows what else the object is.
 */
export interface RecordsRegion {
  /** Exact number of bytes that will be sent in this place. */
  readonly sizeBytes: number;
}

/** Record batches to be sent: as bytes, or as a region that is read while the socket drains. */
export type RecordsSource = Uint8Array | RecordsRegion;

/** One piece of an encoded message, in the order in which they are sent. */
export type Segment = Buffer | RecordsRegion;

/** Record bytes shorter than this are copied into the message; longer ones become a segment of their own. */
export const SPLICE_BYTES_MIN = 1024;

/** How many bytes these records take on the wire, without their length prefix. */
export function recordsBytes(records: RecordsSource): number {
  return records instanceof Uint8Array ? records.byteLength : records.sizeBytes;
}

/** How many of these bytes the writer leaves out of its own buffer because they become a segment of their own. */
export function splicedBytes(records: RecordsSource | null): number {
  if (records === null) return 0;
  if (!(records instanceof Uint8Array)) return records.sizeBytes;
  return records.byteLength < SPLICE_BYTES_MIN ? 0 : records.byteLength;
}
