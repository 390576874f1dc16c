// The `quorum-state` file: epoch, leader and vote as JSON, replaced whole. Version 1 with directories for dynamic quorums,
// version 0 with the voters for static ones. Kafka: FileQuorumStateStore.
import type { Disk } from '@ottla/platform';
import { ZERO_UUID } from '@ottla/protocol';
import { QuorumNodeError } from '../errors.ts';
import { type ElectionState, NO_ELECTION, type VoterSet } from '../replica.ts';

/** Name of the file in the metadata log's folder. */
export const QUORUM_STATE_FILE = 'quorum-state';
const NOBODY = -1;

interface QuorumStateJson {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly votedId: number;
  readonly votedDirectoryId?: string;
  readonly data_version: number;
}

/** Reads the file; the state of a node that never voted when it is not there. */
export async function readQuorumState(disk: Disk, directory: string): Promise<ElectionState> {
  const path = `${directory}/${QUORUM_STATE_FILE}`;
  if ((await disk.stat(path)) === undefined) return NO_ELECTION;
  const text = (await disk.readFile(path)).toString('utf8');
  const state = parse(text, path);
  return {
    epoch: state.leaderEpoch,
    leaderId: state.leaderId === NOBODY ? undefined : state.leaderId,
    votedFor:
      state.votedId === NOBODY
        ? undefined
        : { id: state.votedId, directoryId: state.votedDirectoryId ?? ZERO_UUID },
  };
}

function parse(text: string, path: string): QuorumStateJson {
  try {
    const state = JSON.parse(text) as QuorumStateJson;
    if (
      Number.isSafeInteger(state.leaderEpoch) &&
      Number.isSafeInteger(state.leaderId) &&
      Number.isSafeInteger(state.votedId)
    )
      return state;
  } catch (error) {
    throw new QuorumNodeError(
      'DIRECTORY_INVALID',
      `${path} is not readable as JSON: restore it from a copy`,
      error,
    );
  }
  throw new QuorumNodeError(
    'DIRECTORY_INVALID',
    `${path} lacks leaderId, leaderEpoch or votedId: restore it from a copy`,
  );
}

/** Replaces the file; durable when it returns. */
export async function writeQuorumState(
  disk: Disk,
  directory: string,
  state: ElectionState,
  kraftVersion: number,
  voters: VoterSet,
): Promise<void> {
  const common = {
    leaderId: state.leaderId ?? NOBODY,
    leaderEpoch: state.epoch,
    votedId: state.votedFor?.id ?? NOBODY,
  };
  const json =
    kraftVersion >= 1
      ? { ...common, votedDirectoryId: state.votedFor?.directoryId ?? ZERO_UUID, data_version: 1 }
      : {
          clusterId: '',
          ...common,
          appliedOffset: 0,
          currentVoters: voters.ids.map((voterId) => ({ voterId })),
          data_version: 0,
        };
  await disk.replaceFile(`${directory}/${QUORUM_STATE_FILE}`, Buffer.from(JSON.stringify(json)));
}
