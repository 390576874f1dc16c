// A voter that is reached elsewhere after a restart tells its leader (KIP-853).
import { describe, expect, it } from 'vitest';
import {
  type LogPosition,
  type LogView,
  QuorumCore,
  type QuorumEndpoint,
  VoterHistory,
  VoterSet,
} from '../src/index.ts';

const DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAg';
const endpoint = (port: number): QuorumEndpoint => ({ name: 'CONTROLLER', host: 'h', port });
const VOTERS = new VoterSet(
  [1, 2].map((id) => ({ id, directoryId: DIRECTORY, endpoints: [endpoint(id)] })),
);

class LogWithVoters implements LogView {
  readonly startOffset = 0;
  readonly endOffset = 1;
  readonly lastEpoch = 1;
  readonly voterHistory = new VoterHistory();
  constructor() {
    this.voterHistory.add(0, { kraftVersion: 1, voters: VOTERS });
  }
  endOffsetForEpoch(): LogPosition | undefined {
    return undefined;
  }
}

describe('a voter that moved', () => {
  it('given a port that is known only when it listens, when it starts as a follower, then its leader is told', () => {
    const endpoints: QuorumEndpoint[] = [];
    const core = new QuorumCore(
      {
        self: { id: 2, directoryId: DIRECTORY },
        voters: VOTERS,
        endpoints,
        election: { epoch: 1, leaderId: 1, votedFor: undefined },
        log: new LogWithVoters(),
        random: () => 0,
      },
      0,
    );
    endpoints.push(endpoint(4711));
    core.start(10);
    core.handleHeard(1, 1, 1_000);
    core.handleFetched(1, 1, 1, 1_000);
    core.takeEffects();
    core.tick(core.deadlineMs);
    expect(core.takeEffects()).toContainEqual(
      expect.objectContaining({
        kind: 'send',
        message: expect.objectContaining({
          kind: 'updateVoter',
          voter: expect.objectContaining({ endpoints: [endpoint(4711)] }),
        }),
      }),
    );
  });
});
