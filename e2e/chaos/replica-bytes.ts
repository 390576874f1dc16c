// Whether all copies of a partition are the same, byte for byte: what any of them had besides was cut off when it followed.
import { readFileSync } from 'node:fs';
import type { ClusterNode } from '../src/cluster.ts';
import { until } from '../src/processes.ts';
import { segmentFiles } from './faults/segments.ts';

const LIMIT_MS = 30_000;

/** Waits until they are, for followers may be an answer behind. @returns what differs, in words */
export async function differingReplicas(
  nodes: readonly ClusterNode[],
  topic: string,
  partitions: number,
): Promise<string[]> {
  let left = Array.from({ length: partitions }, (_, partition) => partition);
  const areEqual = (): boolean => {
    left = left.filter((partition) => !areAllEqual(nodes, topic, partition));
    return left.length === 0;
  };
  await until('all copies are equal', areEqual, LIMIT_MS).catch(() => undefined);
  return left.map((partition) => {
    const sizes = nodes.map(
      ({ nodeId, dataDir }) => `node ${nodeId}: ${bytesOf(dataDir, topic, partition).length} bytes`,
    );
    return `the copies of ${topic}-${partition} differ (${sizes.join(', ')})`;
  });
}

function areAllEqual(nodes: readonly ClusterNode[], topic: string, partition: number): boolean {
  const [first, ...others] = nodes.map(({ dataDir }) => bytesOf(dataDir, topic, partition));
  return others.every((other) => other.equals(first!));
}

/** All segments one after the other: where one ends may be different from node to node. */
function bytesOf(dataDir: string, topic: string, partition: number): Buffer {
  return Buffer.concat(segmentFiles(dataDir, topic, partition).map((file) => readFileSync(file)));
}
