// Questions of the worker to the cluster: which it is, and what the group of a sink's consumers has committed. Asked in a host, so
// that the worker's own thread needs no client. Kafka: the offsets methods of Worker for sinks (KIP-875).
import { Admin } from '@ottla/client/admin';
import { KafkaError } from '@ottla/client/errors';
import { type Platform, silentLogger } from '@ottla/platform';
import { ConnectError } from '../../errors.ts';
import { adminOptions, type SettingSources, sinkGroupId } from './client-settings.ts';
import type { AlteredSinkOffset, ConnectorStart, HostInput, SinkOffset } from './host-protocol.ts';

/** Where a host stands. */
export interface HostSurroundings {
  readonly input: HostInput;
  readonly platform: Platform;
}

/** The id of the cluster that the worker works for. @throws KafkaError when no broker answers */
export async function kafkaClusterId(around: HostSurroundings): Promise<string> {
  await using admin = new Admin(adminOptions(sourcesOf({}, around), 'connect-worker'));
  return (await admin.describeCluster()).clusterId;
}

/** Nothing when there is no such group. @throws ConnectError */
export async function readSinkOffsets(
  { name, properties }: ConnectorStart,
  around: HostSurroundings,
): Promise<SinkOffset[]> {
  const sources = sourcesOf(properties, around);
  await using admin = adminFor(name, sources);
  try {
    const committed = await admin.listGroupOffsets(sinkGroupId(name, sources));
    return committed.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  } catch (error) {
    if (isMissing(error)) return [];
    throw new ConnectError(`Failed to retrieve consumer group offsets for sink connector ${name}`, {
      cause: error,
    });
  }
}

/** @param offsets null forgets all @throws ConnectError */
export async function changeSinkOffsets(
  { name, properties }: ConnectorStart,
  offsets: readonly AlteredSinkOffset[] | null,
  around: HostSurroundings,
): Promise<void> {
  const sources = sourcesOf(properties, around);
  const group = sinkGroupId(name, sources);
  await using admin = adminFor(name, sources);
  try {
    if (offsets === null) await admin.deleteGroups([group]);
    else await alterGroup(admin, group, offsets);
  } catch (error) {
    if (offsets === null && isMissing(error)) return;
    throw new ConnectError(
      offsets === null
        ? `Failed to reset consumer group offsets for sink connector ${name}`
        : `Failed to alter consumer group offsets for connector ${name}`,
      { cause: error },
    );
  }
}

async function alterGroup(
  admin: Admin,
  group: string,
  offsets: readonly AlteredSinkOffset[],
): Promise<void> {
  const moved = offsets.flatMap(({ topic, partition, offset }) =>
    offset === null ? [] : [{ topic, partition, offset }],
  );
  const removed = offsets
    .filter(({ offset }) => offset === null)
    .map(({ topic, partition }) => ({ topic, partition }));
  if (moved.length > 0) await admin.alterGroupOffsets(group, moved);
  if (removed.length > 0) await admin.deleteGroupOffsets(group, removed);
}

function sourcesOf(
  connectorProperties: ConnectorStart['properties'],
  { input, platform }: HostSurroundings,
): SettingSources {
  const { workerProperties } = input;
  return { workerProperties, connectorProperties, platform, logger: silentLogger };
}

function adminFor(name: string, sources: SettingSources): Admin {
  return new Admin(adminOptions(sources, `connector-worker-adminclient-${name}`));
}

function isMissing(error: unknown): boolean {
  return error instanceof KafkaError && error.code === 'GROUP_ID_NOT_FOUND';
}
