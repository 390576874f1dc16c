// Commits that are tried again, and what happened to the group meanwhile.
import { ErrorCode } from '@ottla/protocol';
import type { OffsetCommitRequest } from '@ottla/protocol/messages/offset-commit';
import { describe, expect, it } from 'vitest';
import { AssignedPartitions } from '../src/consumer/assigned-partitions.ts';
import { OffsetCommits } from '../src/consumer/offset-commits.ts';
import { stubCluster } from './stub-cluster.ts';

const TARGET = { topic: 't', partition: 0 };

/** A member of generation 1 that has one partition; `answers` are the error codes of its commits, or when they come. */
function given(answers: readonly (number | Promise<number>)[]) {
  const left = [...answers];
  const { cluster, requests, simulation } = stubCluster(async () => {
    const errorCode = await (left.shift() ?? 0);
    return { topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode }] }] };
  });
  const partitions = new AssignedPartitions(() => undefined);
  partitions.add([TARGET]);
  const member = { memberId: 'm', generationId: 1 };
  const processed = { offset: 0 };
  const commits = new OffsetCommits(cluster, 'g', null, {
    generation: () => ({ ...member }),
    holding: (offsets) => partitions.holding(offsets),
    onRefused: () => undefined,
    processed: () => [{ ...TARGET, ...processed }],
  });
  const sent = (): string[] =>
    requests.map(({ request }) => {
      const { generationIdOrMemberEpoch, topics } = request as OffsetCommitRequest;
      const offsets = topics.flatMap(({ partitions: each }) => each);
      return `${generationIdOrMemberEpoch}:${offsets.map(({ committedOffset }) => committedOffset).join()}`;
    });
  return { commits, partitions, member, processed, requests, simulation, sent };
}

describe('OffsetCommits', () => {
  it('given a coordinator that moved and a partition that went away and came back, then the retry speaks for the old generation', async () => {
    const moved = Promise.withResolvers<number>();
    const { commits, partitions, member, simulation, sent } = given([
      moved.promise,
      ErrorCode.ILLEGAL_GENERATION,
    ]);
    const commit = commits.commit([{ ...TARGET, offset: 10 }]);
    const failed = expect(simulation.settle(commit)).rejects.toMatchObject({
      code: 'ILLEGAL_GENERATION',
    });
    partitions.remove([TARGET]);
    member.generationId = 3;
    partitions.add([TARGET]);
    moved.resolve(ErrorCode.NOT_COORDINATOR);
    await failed;
    expect(sent()).toEqual(['1:10', '1:10']);
  });

  it('given a rebalance that leaves the partition here, then the retry speaks for the new generation', async () => {
    const moved = Promise.withResolvers<number>();
    const { commits, member, requests, simulation, sent } = given([moved.promise]);
    const commit = commits.commit([{ ...TARGET, offset: 10 }]);
    await simulation.runUntil(() => requests.length === 1);
    member.generationId = 2;
    moved.resolve(ErrorCode.NOT_COORDINATOR);
    await simulation.settle(commit);
    expect(sent()).toEqual(['1:10', '2:10']);
  });

  it('given a rebalance under way and a partition that is gone after it, then the commit fails and nothing more is sent', async () => {
    const { commits, partitions, requests, simulation } = given([ErrorCode.REBALANCE_IN_PROGRESS]);
    const commit = commits.commit([{ ...TARGET, offset: 10 }]);
    partitions.remove([TARGET]);
    await expect(simulation.settle(commit)).rejects.toMatchObject({
      code: 'REBALANCE_IN_PROGRESS',
    });
    expect(requests).toHaveLength(1);
  });

  it('given a commit that is tried again, then a later one waits, so that the group never goes back', async () => {
    const { commits, simulation, sent } = given([ErrorCode.NOT_COORDINATOR]);
    const both = [10, 20].map((offset) => commits.commit([{ ...TARGET, offset }]));
    await simulation.settle(Promise.all(both));
    expect(sent()).toEqual(['1:10', '1:10', '1:20']);
  });

  it('given an automatic commit behind another, then it says what is processed when its turn comes', async () => {
    const moved = Promise.withResolvers<number>();
    const { commits, processed, simulation, sent } = given([moved.promise]);
    const first = commits.commit([{ ...TARGET, offset: 10 }]);
    const automatic = commits.commitProcessed(5_000);
    processed.offset = 30;
    moved.resolve(ErrorCode.NONE);
    await simulation.settle(Promise.all([first, automatic]));
    expect(sent()).toEqual(['1:10', '1:30']);
  });

  it('given a commit without an answer, then one that waited its time behind it is not sent later', async () => {
    const answer = Promise.withResolvers<number>();
    const { commits, processed, simulation, sent } = given([answer.promise]);
    const first = commits.commit([{ ...TARGET, offset: 10 }]);
    processed.offset = 30;
    await simulation.settle(commits.commitProcessed(5_000), 6_000);
    answer.resolve(ErrorCode.NONE);
    await simulation.settle(first);
    await simulation.run(10_000);
    expect(sent()).toEqual(['1:10']);
  });
});
