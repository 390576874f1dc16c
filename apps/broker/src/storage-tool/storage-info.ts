// What is in the data directories, without touching them. Kafka: StorageTool.infoCommand.

import { META_PROPERTIES_FILE, readMetaProperties } from '@ottla/log';
import type { MetaProperties } from '@ottla/log';
import type { Disk } from '@ottla/platform';

export interface StorageInfo {
  /** Directories that are there. */
  readonly found: readonly string[];
  /** Identity in the first one that has any. */
  readonly metadata: MetaProperties | undefined;
  /** One line each. */
  readonly problems: readonly string[];
}

/** Looks into the directories, in the order of their names. */
export async function storageInfo(
  disk: Disk,
  directories: readonly string[],
): Promise<StorageInfo> {
  const found: string[] = [];
  const problems: string[] = [];
  let metadata: MetaProperties | undefined;
  for (const directory of directories.toSorted()) {
    const kind = (await disk.stat(directory))?.kind;
    if (kind !== 'directory') {
      problems.push(`${directory} ${kind === undefined ? 'does not exist' : 'is not a directory'}`);
      continue;
    }
    found.push(directory);
    try {
      const meta = await readMetaProperties(disk, directory);
      if (meta === undefined) problems.push(`${directory} is not formatted.`);
      else if (metadata === undefined) metadata = meta;
      else if (metadata.clusterId !== meta.clusterId)
        problems.push('Mismatched cluster IDs between storage directories.');
      else if (metadata.nodeId !== meta.nodeId)
        problems.push('Mismatched node IDs between storage directories.');
    } catch (error) {
      problems.push(`Error loading ${directory}/${META_PROPERTIES_FILE}: ${messageOf(error)}`);
    }
  }
  return { found, metadata, problems };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
