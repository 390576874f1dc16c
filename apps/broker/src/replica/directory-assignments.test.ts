// With several data directories the controller learns where each replica is.
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '@ottla/platform';
import { ErrorCode, type MessageCodec } from '@ottla/protocol';
import type { AssignReplicasToDirsRequest } from '@ottla/protocol/messages/assign-replicas-to-dirs';
import { VirtualTime } from '../../test/virtual-time.ts';
import { DirectoryAssignments } from './directory-assignments.ts';
import type { Partition } from './partition.ts';

const time = new VirtualTime();
let assignments: DirectoryAssignments;
afterEach(() => assignments.close());

function replica(id: number, topicId = 'orders'): Partition & { directoryId: string } {
  return { topicId, id, directoryId: 'old', isDeleted: false } as Partition & {
    directoryId: string;
  };
}

/** The answers to the next requests, in order; afterwards everything is granted. */
function start(...errorCodes: number[]): AssignReplicasToDirsRequest[] {
  const requests: AssignReplicasToDirsRequest[] = [];
  assignments = new DirectoryAssignments({
    platform: {
      timers: {
        set: (ms, done) => time.set(ms, done),
        sleep: () => Promise.resolve(),
        yield: (done) => done(),
      },
    },
    logger: silentLogger,
    brokerId: 1,
    brokerEpoch: () => 7,
    controller: {
      send: <Q, R>(_request: MessageCodec<Q>, response: MessageCodec<R>, body: Q) => {
        requests.push(body as AssignReplicasToDirsRequest);
        const errorCode = errorCodes.shift() ?? ErrorCode.NONE;
        return Promise.resolve(response.create({ errorCode } as unknown as Partial<R>));
      },
    },
  });
  return requests;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

describe('directory assignments', () => {
  it('go together, by directory and topic', async () => {
    const requests = start();
    assignments.assign(replica(0), 'A');
    assignments.assign(replica(1), 'B');
    assignments.assign(replica(2), 'A');
    await settle();
    expect(requests).toEqual([
      {
        brokerId: 1,
        brokerEpoch: 7,
        directories: [
          {
            id: 'A',
            topics: [
              { topicId: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 2 }] },
            ],
          },
          { id: 'B', topics: [{ topicId: 'orders', partitions: [{ partitionIndex: 1 }] }] },
        ],
      },
    ]);
  });

  it('are sent again until they are answered, unless the controller knows by then', async () => {
    const requests = start(ErrorCode.STALE_BROKER_EPOCH, ErrorCode.STALE_BROKER_EPOCH);
    const [first, second] = [replica(0), replica(1)];
    assignments.assign(first, 'A');
    assignments.assign(second, 'A');
    await settle();
    first.directoryId = 'A';
    for (let n = 0; n < 3; n += 1) {
      time.advance(500);
      await settle();
    }
    const named = requests.map(({ directories }) =>
      directories[0]!.topics[0]!.partitions.map(({ partitionIndex }) => partitionIndex),
    );
    expect(named).toEqual([[0, 1], [1], [1]]);
  });
});
