// `meta.properties`: whose data directory this is. Version 1, in the syntax of Java properties. Kafka: MetaProperties.
import type { Disk } from '@ottla/platform';
import { LogError } from './errors.ts';

/** The identity in a data directory. */
export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
  /** Uuid of this directory (KIP-858). */
  readonly directoryId: string;
}

/** Name of the file. */
export const META_PROPERTIES_FILE = 'meta.properties';

/** Reads the file; undefined when the directory was never formatted. @throws LogError `DIRECTORY_INVALID` */
export async function readMetaProperties(
  disk: Disk,
  directory: string,
): Promise<MetaProperties | undefined> {
  const path = `${directory}/${META_PROPERTIES_FILE}`;
  if ((await disk.stat(path)) === undefined) return undefined;
  const values = new Map<string, string>();
  for (const line of (await disk.readFile(path)).toString('utf8').split(/\r?\n/)) {
    const at = line.indexOf('=');
    if (!line.startsWith('#') && at > 0)
      values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const version = values.get('version');
  const clusterId = values.get('cluster.id');
  const nodeId = Number(values.get('node.id'));
  const directoryId = values.get('directory.id');
  if (
    version !== '1' ||
    clusterId === undefined ||
    directoryId === undefined ||
    !Number.isSafeInteger(nodeId)
  )
    throw new LogError(
      'DIRECTORY_INVALID',
      `${path} is not a meta.properties of version 1 with cluster.id, node.id and directory.id; ` +
        'use another log.dirs, or format this one anew after saving what you need',
    );
  return { clusterId, nodeId, directoryId };
}

/** Writes the file, whole or not at all. */
export async function writeMetaProperties(
  disk: Disk,
  directory: string,
  meta: MetaProperties,
): Promise<void> {
  const lines = [
    '#',
    `cluster.id=${meta.clusterId}`,
    `directory.id=${meta.directoryId}`,
    `node.id=${meta.nodeId}`,
    'version=1',
    '',
  ];
  await disk.replaceFile(`${directory}/${META_PROPERTIES_FILE}`, Buffer.from(lines.join('\n')));
}
