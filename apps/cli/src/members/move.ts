// Moving replicas, some at a time, with a picture of how far it is. What was begun goes on in the cluster when this stops:
// the same command again finds what is left.
import type { Admin } from '@ottla/client';
import type { Clock } from '@ottla/platform';
import type { CliIo } from '../io.ts';
import { Progress } from '../output/progress.ts';
import type { PlacedPartition } from './placement.ts';
import { type MoveUnderWay, whyStalled } from './stall.ts';

/** Moves under way at a time: enough to keep disks busy, few enough that the last ones are not all late. */
const AT_ONCE = 20;
const LOOK_EVERY_MS = 250;

/** Nothing has come for so long: somebody may have to do something. */
const STALLED_MS = 5_000;

/** Replicas that come to brokers. */
interface Move extends MoveUnderWay {
  /** Of one replica, when the move began; 0 while not known. */
  readonly sizeBytes: number;
}

/**
 * Makes the partitions' replicas what `targets` say, and waits until that is so.
 *
 * @param what for the progress, as in "draining broker 3"
 * @returns false when it was interrupted; what is under way goes on
 */
export async function move(
  io: CliIo,
  admin: Admin,
  targets: readonly PlacedPartition[],
  what: string,
): Promise<boolean> {
  const interrupted = io.interrupt();
  const { timers, clock } = await io.platform();
  const stall = new StallNotice(io, admin, clock);
  const progress = new Progress(io.stderr, what);
  const waiting = [...targets];
  const under = new Map<string, Move>();
  let done = 0;
  try {
    while (waiting.length > 0 || under.size > 0) {
      const batch = waiting.splice(0, AT_ONCE - under.size);
      if (batch.length > 0) {
        for (const one of await begun(admin, batch)) under.set(nameOf(one.target), one);
      }
      const ongoing = new Set((await admin.listPartitionReassignments()).map(nameOf));
      for (const name of under.keys())
        if (!ongoing.has(name)) {
          under.delete(name);
          done += 1;
        }
      const part = await partOf(admin, [...under.values()]);
      progress.show((done + part) / targets.length, `${done} of ${targets.length} partitions`);
      if (under.size === 0) continue;
      if (interrupted.aborted) return false;
      await stall.look(done + part, [...under.values()], () => progress.end());
      await timers.sleep(LOOK_EVERY_MS, interrupted).catch(() => {});
    }
    return true;
  } finally {
    progress.end();
  }
}

/** Says why nothing comes, once for each reason. */
class StallNotice {
  readonly #io: CliIo;
  readonly #admin: Admin;
  readonly #clock: Clock;
  #amount = -1;
  #advancedMs = 0;
  #said = '';

  constructor(io: CliIo, admin: Admin, clock: Clock) {
    this.#io = io;
    this.#admin = admin;
    this.#clock = clock;
  }

  /** @param amount how much has come @param beforeLine called before a line is written */
  async look(amount: number, moves: readonly Move[], beforeLine: () => void): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (amount !== this.#amount) {
      this.#amount = amount;
      this.#advancedMs = nowMs;
    }
    if (nowMs - this.#advancedMs < STALLED_MS) return;
    this.#advancedMs = nowMs;
    const [topics, { brokers }] = await Promise.all([
      this.#admin.describeTopics([...new Set(moves.map(({ target }) => target.topic))]),
      this.#admin.describeCluster(),
    ]);
    const why = whyStalled(
      moves,
      topics,
      brokers.map(({ nodeId }) => nodeId),
    );
    if (why === this.#said) return;
    this.#said = why;
    beforeLine();
    if (why !== '') await this.#io.stderr.write(why);
  }
}

async function begun(admin: Admin, targets: readonly PlacedPartition[]): Promise<Move[]> {
  const before = await admin.describeTopics([...new Set(targets.map(({ topic }) => topic))]);
  const sizes = await sizesOf(admin);
  await admin.alterPartitionReassignments(targets);
  return targets.map((target) => {
    const now = before.find(({ name }) => name === target.topic)?.partitions[target.partition];
    const coming = target.replicas.filter((nodeId) => !now?.replicas.includes(nodeId));
    const sizeBytes = sizes.get(`${now?.leaderId} ${nameOf(target)}`) ?? 0;
    return { target, coming, sizeBytes };
  });
}

/** How many moves' worth of those under way is copied already, by bytes. */
async function partOf(admin: Admin, moves: readonly Move[]): Promise<number> {
  if (moves.length === 0) return 0;
  const sizes = await sizesOf(admin, [...new Set(moves.flatMap(({ coming }) => coming))]);
  let part = 0;
  for (const { target, coming, sizeBytes } of moves) {
    const wanted = sizeBytes * coming.length;
    if (wanted === 0) continue;
    const copied = coming.reduce(
      (sum, nodeId) => sum + (sizes.get(`${nodeId} ${nameOf(target)}`) ?? 0),
      0,
    );
    // The last step, joining the ISR, is worth something as well.
    part += Math.min(0.99, copied / wanted);
  }
  return part;
}

/** Bytes of each replica, by `<node> <topic>-<partition>`. A broker that does not answer is left out. */
async function sizesOf(
  admin: Admin,
  brokers?: readonly number[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const dirs = await admin.describeLogDirs(brokers).catch(() => []);
  for (const { brokerId, replicas } of dirs)
    for (const replica of replicas) sizes.set(`${brokerId} ${nameOf(replica)}`, replica.sizeBytes);
  return sizes;
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`;
}
