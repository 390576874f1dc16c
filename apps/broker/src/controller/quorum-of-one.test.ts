// What a member of the quorum asks of another over the controller listener, here of the only voter: the answers that keep a
// stranger, a ghost of an old epoch or another cluster from unseating it, and a snapshot piece by piece.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ErrorCode, METADATA_TOPIC_ID, ZERO_UUID } from '@ottla/protocol';
import {
  beginQuorumEpochRequest,
  beginQuorumEpochResponse,
} from '@ottla/protocol/messages/begin-quorum-epoch';
import {
  createCreatableTopic,
  createTopicsRequest,
  createTopicsResponse,
} from '@ottla/protocol/messages/create-topics';
import {
  describeQuorumRequest,
  describeQuorumResponse,
} from '@ottla/protocol/messages/describe-quorum';
import {
  endQuorumEpochRequest,
  endQuorumEpochResponse,
} from '@ottla/protocol/messages/end-quorum-epoch';
import {
  createFetchPartition,
  createFetchTopic,
  fetchRequest,
  fetchResponse,
} from '@ottla/protocol/messages/fetch';
import {
  createRequestPartitionSnapshot,
  fetchSnapshotRequest,
  fetchSnapshotResponse,
} from '@ottla/protocol/messages/fetch-snapshot';
import type { RequestPartitionSnapshot } from '@ottla/protocol/messages/fetch-snapshot';
import { voteRequest, voteResponse } from '@ottla/protocol/messages/vote';
import type { VoteResponse } from '@ottla/protocol/messages/vote';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProtocolClient, startTestServer } from '../../test/running-server.ts';
import type { RunningServer } from '../index.ts';

const VOTE = [voteRequest, voteResponse] as const;
const BEGIN = [beginQuorumEpochRequest, beginQuorumEpochResponse] as const;
const END = [endQuorumEpochRequest, endQuorumEpochResponse] as const;
const QUORUM = [describeQuorumRequest, describeQuorumResponse] as const;
const CREATE = [createTopicsRequest, createTopicsResponse] as const;
const FETCH = [fetchRequest, fetchResponse] as const;
const SNAPSHOT = [fetchSnapshotRequest, fetchSnapshotResponse] as const;
const TOPIC = '__cluster_metadata';
const STRANGER = 'c3RyYW5nZXItZGlyLWlkLQ';

let folder: string;
let server: RunningServer;
let client: ProtocolClient;
let epoch: number;

async function start(...overrides: string[]): Promise<void> {
  server = await startTestServer([`log.dirs=${folder}`, ...overrides], {});
  client = await ProtocolClient.connect(server.controllerEndpoint);
  epoch = (await quorum()).leaderEpoch;
}

async function stop(): Promise<void> {
  client.close();
  await server.close();
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'quorum-of-one-'));
  await start();
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

async function quorum() {
  const topics = [{ topicName: TOPIC, partitions: [{ partitionIndex: 0 }] }];
  return (await client.ask(QUORUM, { topics })).topics[0]!.partitions[0]!;
}

type VotePartition = VoteResponse['topics'][number]['partitions'][number];

async function vote(ask: {
  epoch: number;
  preVote?: boolean;
  clusterId?: string;
  voterId?: number;
  directoryId?: string;
}): Promise<VoteResponse> {
  const partition = {
    partitionIndex: 0,
    replicaEpoch: ask.epoch,
    replicaId: 2,
    replicaDirectoryId: STRANGER,
    voterDirectoryId: ask.directoryId ?? ZERO_UUID,
    // Ahead of everybody.
    lastOffsetEpoch: ask.epoch,
    lastOffset: 1_000_000,
    preVote: ask.preVote ?? false,
  };
  return client.ask(VOTE, {
    clusterId: ask.clusterId ?? server.clusterId,
    voterId: ask.voterId ?? 1,
    topics: [{ topicName: TOPIC, partitions: [partition] }],
  });
}

const only = ({ topics }: VoteResponse): VotePartition => topics[0]!.partitions[0]!;

/** Whether the controller still, or again, takes in changes; elections take their time. */
async function takesChanges(name: string): Promise<void> {
  const broker = await ProtocolClient.connect(server.endpoints[0]!);
  const topics = [createCreatableTopic({ name, numPartitions: 1, replicationFactor: 1 })];
  const answer = await broker.ask(CREATE, { topics });
  broker.close();
  expect(answer.topics).toMatchObject([{ name, errorCode: ErrorCode.NONE }]);
}

describe('Vote', () => {
  it('given an epoch that is over, then it is refused, and the leader told', async () => {
    expect(only(await vote({ epoch: epoch - 1 }))).toMatchObject({
      errorCode: ErrorCode.FENCED_LEADER_EPOCH,
      voteGranted: false,
      leaderId: 1,
      leaderEpoch: epoch,
    });
  });

  it('given a stranger that asks before it stands, then a leader does not help it', async () => {
    const answer = only(await vote({ epoch, preVote: true }));
    expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, voteGranted: false, leaderId: 1 });
    expect((await quorum()).leaderEpoch).toBe(epoch);
  });

  it('given another cluster, another voter or another disk of this one, then it is refused', async () => {
    const stranger = await vote({ epoch: epoch + 1, clusterId: 'another' });
    expect(stranger.errorCode).toBe(ErrorCode.INCONSISTENT_CLUSTER_ID);
    for (const wrong of [{ voterId: 3 }, { directoryId: STRANGER }])
      expect(only(await vote({ epoch: epoch + 1, ...wrong }))).toMatchObject({
        errorCode: ErrorCode.INVALID_VOTER_KEY,
        voteGranted: false,
      });
    expect((await quorum()).leaderEpoch).toBe(epoch);
  });

  it('given another partition, then the request is invalid', async () => {
    const answer = await client.ask(VOTE, { clusterId: server.clusterId, topics: [] });
    expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  it('given a later epoch, then this voter gives way, is elected again, and goes on with what it had', async () => {
    await takesChanges('before');
    expect(only(await vote({ epoch: epoch + 5 }))).toMatchObject({ errorCode: ErrorCode.NONE });
    await takesChanges('after');
    const now = await quorum();
    expect(now.leaderId).toBe(1);
    expect(now.leaderEpoch).toBeGreaterThan(epoch + 5);
  });
});

describe('BeginQuorumEpoch and EndQuorumEpoch', () => {
  const told = (leaderId: number, leaderEpoch: number) => ({
    clusterId: server.clusterId,
    voterId: 1,
    topics: [
      {
        topicName: TOPIC,
        partitions: [{ partitionIndex: 0, voterDirectoryId: ZERO_UUID, leaderId, leaderEpoch }],
      },
    ],
  });
  const ended = (leaderId: number, leaderEpoch: number) => ({
    clusterId: server.clusterId,
    topics: [
      {
        topicName: TOPIC,
        partitions: [
          {
            partitionIndex: 0,
            leaderId,
            leaderEpoch,
            preferredSuccessors: [],
            preferredCandidates: [],
          },
        ],
      },
    ],
  });

  it('given the leader of an epoch that is over, then it is fenced, and the leader told', async () => {
    const fenced = { errorCode: ErrorCode.FENCED_LEADER_EPOCH, leaderId: 1, leaderEpoch: epoch };
    for (const { topics } of [
      await client.ask(BEGIN, told(2, epoch - 1)),
      await client.ask(END, ended(2, epoch - 1)),
    ])
      expect(topics[0]!.partitions).toMatchObject([fenced]);
    await takesChanges('orders');
  });

  it('given a second leader of the present epoch, then it is refused: an epoch has one', async () => {
    const { topics } = await client.ask(BEGIN, told(2, epoch));
    expect(topics[0]!.partitions).toMatchObject([{ errorCode: ErrorCode.INVALID_REQUEST }]);
    await takesChanges('orders');
  });

  it('given another cluster or another voter, then it is refused', async () => {
    const another = await client.ask(BEGIN, { ...told(2, epoch + 1), clusterId: 'another' });
    expect(another.errorCode).toBe(ErrorCode.INCONSISTENT_CLUSTER_ID);
    const { topics } = await client.ask(BEGIN, { ...told(2, epoch + 1), voterId: 3 });
    expect(topics[0]!.partitions).toMatchObject([{ errorCode: ErrorCode.INVALID_VOTER_KEY }]);
    const end = await client.ask(END, { ...ended(1, epoch), clusterId: 'another' });
    expect(end.errorCode).toBe(ErrorCode.INCONSISTENT_CLUSTER_ID);
    expect((await quorum()).leaderEpoch).toBe(epoch);
  });
});

describe('FetchSnapshot', () => {
  const ask = async (wanted: Partial<RequestPartitionSnapshot>, maxBytes = 1 << 20) => {
    const partition = createRequestPartitionSnapshot({
      currentLeaderEpoch: -1,
      snapshotId: { endOffset: 1, epoch: 1 },
      ...wanted,
    });
    const topics = [{ name: TOPIC, partitions: [partition] }];
    const body = { clusterId: server.clusterId, replicaId: 9, maxBytes, topics };
    return (await client.ask(SNAPSHOT, body)).topics[0]!.partitions[0]!;
  };

  /** What a follower is told that starts from nothing. */
  async function offered(): Promise<{ endOffset: number; epoch: number }> {
    for (;;) {
      const fetched = createFetchPartition({
        fetchOffset: 0,
        partitionMaxBytes: 1 << 20,
        currentLeaderEpoch: -1,
      });
      const topics = [createFetchTopic({ topicId: METADATA_TOPIC_ID, partitions: [fetched] })];
      const answer = await client.ask(FETCH, { topics, maxBytes: 1 << 20, maxWaitMs: 0 });
      const { snapshotId } = answer.responses[0]!.partitions[0]!;
      if (snapshotId.endOffset >= 0) return snapshotId;
    }
  }

  it('given a follower behind the start of the log, then it reads the snapshot piece by piece, as it is on disk', async () => {
    await stop();
    await start(
      'metadata.log.max.record.bytes.between.snapshots=1',
      'metadata.max.retention.bytes=1',
    );
    const snapshotId = await offered();
    const pieces: Buffer[] = [];
    let position = 0;
    for (let size = 1; position < size;) {
      const piece = await ask({ snapshotId, position }, 100);
      expect(piece).toMatchObject({ errorCode: ErrorCode.NONE, snapshotId, position });
      size = piece.size;
      pieces.push(Buffer.from(piece.unalignedRecords as Buffer));
      expect(pieces.at(-1)!.length).toBeGreaterThan(0);
      position += pieces.at(-1)!.length;
    }
    const name = [snapshotId.endOffset, snapshotId.epoch].map((part, at) =>
      String(part).padStart(at === 0 ? 20 : 10, '0'),
    );
    const file = path.join(folder, `${TOPIC}-0`, `${name.join('-')}.checkpoint`);
    expect(Buffer.concat(pieces).equals(readFileSync(file))).toBe(true);
    const behind = await ask({ snapshotId, position });
    expect(behind.errorCode).toBe(ErrorCode.POSITION_OUT_OF_RANGE);
  });

  it('given a snapshot that is not there, an epoch that is over or one to come, then that is the error', async () => {
    expect((await ask({})).errorCode).toBe(ErrorCode.SNAPSHOT_NOT_FOUND);
    expect((await ask({ currentLeaderEpoch: epoch - 1 })).errorCode).toBe(
      ErrorCode.FENCED_LEADER_EPOCH,
    );
    expect((await ask({ currentLeaderEpoch: epoch + 1 })).errorCode).toBe(
      ErrorCode.UNKNOWN_LEADER_EPOCH,
    );
  });
});
