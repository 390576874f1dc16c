// The rule that makes a record committed: a majority of the voters has it, and it belongs to the leader's own epoch.

/**
 * Highest offset that a majority of voters has.
 *
 * @param endOffsets log end offset (exclusive) of each voter, the leader included; −1 when not known; never empty
 * @param epochStartOffset offset of this leader's first record; nothing is committed by counting before that record is
 *   itself on a majority (Raft paper 5.4.2)
 * @returns the high watermark (exclusive), or `undefined` while nothing of this epoch is committed
 * @see KIP-595; Kafka LeaderState.maybeUpdateHighWatermark
 */
export function majorityOffset(
  endOffsets: readonly number[],
  epochStartOffset: number,
): number | undefined {
  const descending = [...endOffsets].sort((a, b) => b - a);
  const offset = descending[Math.floor(descending.length / 2)]!;
  return offset > epochStartOffset ? offset : undefined;
}
