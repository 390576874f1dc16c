// DescribeGroups and ListGroups, on committed groups. Kafka: GroupMetadataManager.describeGroups, listGroups.

import { ErrorCode } from '@ottla/protocol';
import type { DescribedGroup } from '@ottla/protocol/messages/describe-groups';
import type { ListedGroup, ListGroupsRequest } from '@ottla/protocol/messages/list-groups';
import type { SnapshotMap } from '../runtime/snapshot-map.ts';
import type { ClassicGroup } from './classic-group.ts';
import { metadataOf } from './classic-member.ts';

const NOT_FOUND_ERROR_VERSION_MIN = 6;
const AUTHORIZED_OPERATIONS_OMITTED = -2147483648;

/** One group of a DescribeGroups response at its defaults. */
export function describedGroup(
  init: Partial<DescribedGroup> & { readonly groupId: string },
): DescribedGroup {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: AUTHORIZED_OPERATIONS_OMITTED,
    ...init,
  };
}

/** Describes a group; one that does not exist is Dead, and since version 6 an error too. */
export function describeGroup(
  groups: SnapshotMap<string, ClassicGroup>,
  groupId: string,
  apiVersion: number,
): DescribedGroup {
  const group = groups.getCommitted(groupId);
  if (group === undefined) {
    const dead = describedGroup({ groupId, groupState: 'Dead' });
    if (apiVersion < NOT_FOUND_ERROR_VERSION_MIN) return dead;
    const errorMessage = `Group ${groupId} not found.`;
    return { ...dead, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage };
  }
  const isStable = group.state === 'Stable';
  const members = [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: (isStable && metadataOf(member, group.protocolName)) || Buffer.alloc(0),
    memberAssignment: member.assignment,
  }));
  return describedGroup({
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members,
  });
}

/** The groups that pass the filters, whose words are compared without regard to case. */
export function listGroups(
  groups: SnapshotMap<string, ClassicGroup>,
  { statesFilter, typesFilter }: Pick<ListGroupsRequest, 'statesFilter' | 'typesFilter'>,
): ListedGroup[] {
  const states = new Set(statesFilter.map((state) => state.toLowerCase().trim()));
  const types = new Set(typesFilter.map((type) => type.toLowerCase().trim()));
  if (types.size > 0 && !types.has('classic')) return [];
  const listed: ListedGroup[] = [];
  for (const [groupId, group] of groups.committedEntries()) {
    if (states.size > 0 && !states.has(group.state.toLowerCase())) continue;
    listed.push({
      groupId,
      protocolType: group.protocolType ?? '',
      groupState: group.state,
      groupType: 'classic',
    });
  }
  return listed;
}
