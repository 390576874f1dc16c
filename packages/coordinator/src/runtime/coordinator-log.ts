// What a coordinator needs of the log under it. The broker implements this on a PartitionLog that it leads;
// tests implement it in memory. Kafka: PartitionWriter + CoordinatorLoader in coordinator-common.

/**
 * The leader's view of one partition of an internal topic, for the time of one leader epoch.
 * The coordinator is the only writer while it holds the log, and has at most one `append` under way.
 */
export interface CoordinatorLog {
  /** First offset that can still be read (inclusive). */
  readonly logStartOffset: number;
  /** Offset that the next appended record gets (exclusive end of the log). */
  readonly logEndOffset: number;
  /** Records below this offset (exclusive) are committed. Never goes back. */
  readonly highWatermark: number;
  /** Largest batch in bytes that `append` takes (`max.message.bytes` of the topic). */
  readonly batchSizeBytesMax: number;
  /**
   * Appends one record batch (v2, base offset 0; the log writes offset and leader epoch in place).
   *
   * @returns the offset of the batch's last record (inclusive), once the batch is in the log
   * @throws an `Error`, best one with a `code` that names a Kafka error (`NOT_LEADER_OR_FOLLOWER`, `NOT_ENOUGH_REPLICAS`,
   *   `KAFKA_STORAGE_ERROR` …), if nothing of the batch is in the log now or ever
   */
  append(batch: Buffer): Promise<number>;
  /**
   * Whole batches from the one that holds `offset` (inclusive) on, up to the log's end, committed or not.
   *
   * @param maxBytes bound of the answer in bytes; the first batch comes whole even when it is larger
   * @returns the bytes, valid until the next call of `read`; empty at the end of the log
   */
  read(offset: number, maxBytes: number): Promise<Buffer>;
  /**
   * Calls `listener` with the new high watermark whenever it has moved (not with the present one).
   *
   * @returns a function that ends it
   */
  onHighWatermark(listener: (highWatermark: number) => void): () => void;
}
