// The first voters of a dynamic quorum as they are named on a command line: `id@host:port:directory`, comma-separated, the
// same text for every node. Kafka: DynamicVoters, DynamicVoter (KIP-853).

import type { Voter } from '@ottla/raft';
import { KRAFT_VERSIONS, VoterSet } from '@ottla/raft';
import { StartError } from '../server/start-error.ts';

const PORT_MAX = 65_535;
const DIRECTORY_ID = /^[A-Za-z0-9_-]{22}$/;

/**
 * @param listenerName the controllers' listener, which the text does not name
 * @throws StartError when it is not of that form, or names a node twice
 */
export function parseInitialVoters(text: string, listenerName: string): VoterSet {
  const voters: Voter[] = [];
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const voter = parseVoter(part, listenerName);
    if (voters.some(({ id }) => id === voter.id))
      throw wrong(part, `node ${voter.id} is named twice`);
    voters.push(voter);
  }
  if (voters.length === 0) throw wrong(text, 'it names nobody');
  return new VoterSet(voters);
}

function parseVoter(text: string, name: string): Voter {
  // An IPv6 address stands in brackets.
  const match = /^(\d+)@(\[[^\]]+\]|[^:@]+):(\d+):([^:]+)$/.exec(text);
  if (match === null) throw wrong(text, 'it is not id@host:port:directory');
  const [, id, host = '', port, directoryId = ''] = match;
  if (Number(port) > PORT_MAX) throw wrong(text, `there is no port ${port}`);
  if (!DIRECTORY_ID.test(directoryId))
    throw wrong(text, `${directoryId} is no directory id; ottla storage random-uuid makes one`);
  return {
    id: Number(id),
    directoryId,
    endpoints: [{ name, host: host.replace(/^\[|\]$/g, ''), port: Number(port) }],
    kraftVersions: KRAFT_VERSIONS,
  };
}

function wrong(text: string, reason: string): StartError {
  return new StartError('CONFIG', `initial controller ${text}: ${reason}`);
}
