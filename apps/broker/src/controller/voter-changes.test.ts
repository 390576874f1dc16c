// Changes of the voters as clients ask for them, here of a quorum of one: each refusal with Kafka's code, on the controller's
// listener and through a broker that forwards.
import { ErrorCode, ZERO_UUID } from '@ottla/protocol';
import { addRaftVoterRequest, addRaftVoterResponse } from '@ottla/protocol/messages/add-raft-voter';
import type { AddRaftVoterRequest } from '@ottla/protocol/messages/add-raft-voter';
import {
  describeQuorumRequest,
  describeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import {
  removeRaftVoterRequest,
  removeRaftVoterResponse,
} from '@ottla/protocol/messages/remove-raft-voter';
import {
  updateRaftVoterRequest,
  updateRaftVoterResponse,
} from '@ottla/protocol/messages/update-raft-voter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProtocolClient, startTestServer } from '../../test/running-server.ts';
import type { RunningServer } from '../index.ts';

const ADD = [addRaftVoterRequest, addRaftVoterResponse] as const;
const REMOVE = [removeRaftVoterRequest, removeRaftVoterResponse] as const;
const UPDATE = [updateRaftVoterRequest, updateRaftVoterResponse] as const;
const QUORUM = [describeQuorumRequest, describeQuorumResponse] as const;
const STRANGER = 'c3RyYW5nZXItZGlyLWlkLQ';

let server: RunningServer;
let client: ProtocolClient;

beforeEach(async () => {
  server = await startTestServer();
  client = await ProtocolClient.connect(server.controllerEndpoint);
});

afterEach(async () => {
  client.close();
  await server.close();
});

async function quorum() {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  return client.ask(QUORUM, { topics });
}

function newVoter(): AddRaftVoterRequest {
  const listenerName = server.controllerEndpoint.listenerName;
  return addRaftVoterRequest.create({
    clusterId: server.clusterId,
    timeoutMs: 1_000,
    voterId: 2,
    voterDirectoryId: STRANGER,
    listeners: [{ name: listenerName, host: '127.0.0.1', port: 1 }],
  });
}

describe('AddRaftVoter', () => {
  it.each([
    ['another cluster', { clusterId: 'another' }, 'INCONSISTENT_CLUSTER_ID'],
    ['no directory', { voterDirectoryId: ZERO_UUID }, 'INVALID_REQUEST'],
    ['no id', { voterId: -1 }, 'INVALID_REQUEST'],
    ['no endpoint of the quorum', { listeners: [] }, 'INVALID_REQUEST'],
    ['the id of a voter', { voterId: 1 }, 'DUPLICATE_VOTER'],
    ['a voter that is not reached', {}, 'REQUEST_TIMED_OUT'],
  ] as const)('given %s, then it is refused', async (_what, change, error) => {
    const answer = await client.ask(ADD, { ...newVoter(), ...change } as AddRaftVoterRequest);
    expect(answer.errorCode).toBe(ErrorCode[error]);
    expect((await quorum()).topics[0]!.partitions[0]!.currentVoters).toHaveLength(1);
  });

  it('given a broker that is asked, then it forwards, and tells what the controller says', async () => {
    const broker = await ProtocolClient.connect(server.endpoints[0]!);
    const answer = await broker.ask(ADD, { ...newVoter(), voterId: 1 });
    broker.close();
    expect(answer.errorCode).toBe(ErrorCode.DUPLICATE_VOTER);
    expect(answer.errorMessage).toMatch(/voter already/);
  });
});

describe('RemoveRaftVoter', () => {
  it('given the only voter, another one, or another disk of it, then there is no voter to remove', async () => {
    const { currentVoters } = (await quorum()).topics[0]!.partitions[0]!;
    const { replicaDirectoryId } = currentVoters[0]!;
    for (const [voterId, voterDirectoryId] of [
      [1, replicaDirectoryId],
      [2, STRANGER],
      [1, STRANGER],
    ] as const) {
      const { errorCode } = await client.ask(REMOVE, {
        clusterId: null,
        voterId,
        voterDirectoryId,
      });
      expect(errorCode).toBe(ErrorCode.VOTER_NOT_FOUND);
    }
    const nobody = { clusterId: null, voterId: 1, voterDirectoryId: ZERO_UUID };
    expect((await client.ask(REMOVE, nobody)).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('UpdateRaftVoter', () => {
  it('given a voter that is reached elsewhere now, then the quorum tells so', async () => {
    const described = await quorum();
    const { currentVoters, leaderEpoch } = described.topics[0]!.partitions[0]!;
    const { listenerName } = server.controllerEndpoint;
    const request = updateRaftVoterRequest.create({
      clusterId: server.clusterId,
      currentLeaderEpoch: leaderEpoch,
      voterId: 1,
      voterDirectoryId: currentVoters[0]!.replicaDirectoryId,
      listeners: [{ name: listenerName, host: 'elsewhere', port: 9 }],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
    });
    const fenced = await client.ask(UPDATE, { ...request, currentLeaderEpoch: leaderEpoch - 1 });
    expect(fenced).toMatchObject({
      errorCode: ErrorCode.FENCED_LEADER_EPOCH,
      currentLeader: { leaderId: 1, leaderEpoch, port: server.controllerEndpoint.port },
    });
    const old = { minSupportedVersion: 0, maxSupportedVersion: 0 };
    const unable = await client.ask(UPDATE, { ...request, kRaftVersionFeature: old });
    expect(unable.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    const unknown = await client.ask(UPDATE, { ...request, voterDirectoryId: STRANGER });
    expect(unknown.errorCode).toBe(ErrorCode.VOTER_NOT_FOUND);

    expect((await client.ask(UPDATE, request)).errorCode).toBe(ErrorCode.NONE);
    expect((await quorum()).nodes).toMatchObject([
      { nodeId: 1, listeners: [{ name: listenerName, host: 'elsewhere', port: 9 }] },
    ]);
  });
});
