// The batches of a topic as they lie in the server's log directory, read by our own decoder.
import { globSync, readFileSync } from 'node:fs';
import {
  compressionName,
  compressionOf,
  decodeBatches,
  isCompression,
  readBatchHeader,
} from '@ottla/protocol/records';

/** Codecs of all stored batches of a topic, each once, sorted. */
export function storedCodecs(dataDir: string, topic: string): string[] {
  const codecs = new Set<string>();
  for (const file of globSync(`${dataDir}/${topic}-*/*.log`)) {
    const bytes = readFileSync(file);
    for (const batch of decodeBatches(bytes)) {
      const codec = compressionOf(readBatchHeader(bytes, batch.position).attributes);
      codecs.add(isCompression(codec) ? compressionName(codec) : `codec ${codec}`);
    }
  }
  return [...codecs].sort();
}
