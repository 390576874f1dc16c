// Changes of the voters on the wire: AddRaftVoter, RemoveRaftVoter, UpdateRaftVoter, and the ApiVersions that a leader asks
// of a new voter. Kafka: RaftUtil (KIP-853).
import { ZERO_UUID } from '@ottla/protocol';
import type { AddRaftVoterRequest } from '@ottla/protocol/messages/add-raft-voter';
import { addRaftVoterRequest } from '@ottla/protocol/messages/add-raft-voter';
import type { ApiVersionsResponse } from '@ottla/protocol/messages/api-versions';
import type { RemoveRaftVoterRequest } from '@ottla/protocol/messages/remove-raft-voter';
import { removeRaftVoterRequest } from '@ottla/protocol/messages/remove-raft-voter';
import type { UpdateRaftVoterRequest } from '@ottla/protocol/messages/update-raft-voter';
import { updateRaftVoterRequest } from '@ottla/protocol/messages/update-raft-voter';
import type { AddVoterMessage, RemoveVoterMessage, UpdateVoterMessage } from '../messages.ts';
import {
  KRAFT_VERSIONS,
  type QuorumEndpoint,
  type ReplicaKey,
  type VersionRange,
} from '../replica.ts';

const KRAFT_VERSION_FEATURE = 'kraft.version';

interface WireListener {
  name: string;
  host: string;
  port: number;
}

function listeners(endpoints: readonly QuorumEndpoint[]): WireListener[] {
  return endpoints.map(({ name, host, port }) => ({ name, host, port }));
}

export function addToWire(
  { voter }: AddVoterMessage,
  clusterId: string,
  timeoutMs: number,
): AddRaftVoterRequest {
  return addRaftVoterRequest.create({
    clusterId,
    timeoutMs,
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    listeners: listeners(voter.endpoints),
    // The record may take as long as this voter needs to follow: the answer does not wait for it.
    ackWhenCommitted: false,
  });
}

export function removeToWire(
  { key }: RemoveVoterMessage,
  clusterId: string,
): RemoveRaftVoterRequest {
  return removeRaftVoterRequest.create({
    clusterId,
    voterId: key.id,
    voterDirectoryId: key.directoryId,
  });
}

export function updateToWire(
  { voter, epoch }: UpdateVoterMessage,
  clusterId: string,
): UpdateRaftVoterRequest {
  const { min, max } = voter.kraftVersions ?? KRAFT_VERSIONS;
  return updateRaftVoterRequest.create({
    clusterId,
    currentLeaderEpoch: epoch,
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    listeners: listeners(voter.endpoints),
    kRaftVersionFeature: { minSupportedVersion: min, maxSupportedVersion: max },
  });
}

/** Undefined when the request does not name a replica: an id and its directory. */
export function voterKeyOf(request: {
  readonly voterId: number;
  readonly voterDirectoryId: string;
}): ReplicaKey | undefined {
  return request.voterId < 0 || request.voterDirectoryId === ZERO_UUID
    ? undefined
    : { id: request.voterId, directoryId: request.voterDirectoryId };
}

/** Levels of `kraft.version` that a node serves, as its ApiVersions tells; undefined when it does not know the feature. */
export function kraftVersionsOf({
  supportedFeatures,
}: ApiVersionsResponse): VersionRange | undefined {
  const feature = supportedFeatures.find(({ name }) => name === KRAFT_VERSION_FEATURE);
  return feature === undefined ? undefined : { min: feature.minVersion, max: feature.maxVersion };
}
