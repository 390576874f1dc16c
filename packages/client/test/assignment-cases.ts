// Groups that live: members come, go and change their minds, topics grow, and now and then a member tells of a past that
// is not so. What each step leaves behind is the input of the next. From a seed.
import { seededRandom } from '@ottla/platform/simulated';
import {
  type Assignor,
  type AssignorName,
  cooperativeStickyAssignor,
  type GroupSubscriptions,
  type MemberAssignment,
  rangeAssignor,
  roundRobinAssignor,
  stickyAssignor,
  type Subscription,
  type TopicPartition,
} from '../src/index.ts';
import { EMPTY_METADATA } from '../src/metadata/cluster-metadata.ts';

/** One question to an assignor, as JSON can hold it. */
export interface AssignmentCase {
  readonly assignor: AssignorName;
  /** Partitions by topic. */
  readonly topics: Readonly<Record<string, number>>;
  readonly members: readonly {
    readonly id: string;
    readonly instance: string | null;
    readonly topics: readonly string[];
    readonly owned: readonly (readonly [string, number])[];
    readonly generation: number;
    /** Base64. */
    readonly userData: string | null;
  }[];
}

/** Partitions (`topic-0`) by member, sorted. */
export type CaseResult = Readonly<Record<string, readonly string[]>>;

export const ASSIGNOR_NAMES: readonly AssignorName[] = [
  'range',
  'roundrobin',
  'sticky',
  'cooperative-sticky',
];

/** A fresh assignor, as each member has one. */
export function assignorNamed(name: AssignorName): Assignor {
  if (name === 'range') return rangeAssignor;
  if (name === 'roundrobin') return roundRobinAssignor;
  return name === 'sticky' ? stickyAssignor() : cooperativeStickyAssignor();
}

export function groupOf({ topics, members }: AssignmentCase): GroupSubscriptions {
  return {
    members: new Map(
      members.map((member): [string, Subscription] => [
        member.id,
        {
          topics: member.topics,
          ownedPartitions: member.owned.map(([topic, partition]) => ({ topic, partition })),
          generationId: member.generation,
          userData: member.userData === null ? null : Buffer.from(member.userData, 'base64'),
          groupInstanceId: member.instance,
          rackId: null,
        },
      ]),
    ),
    partitionCounts: new Map(Object.entries(topics)),
    cluster: EMPTY_METADATA,
  };
}

/** What our assignor of that name answers. */
export async function ourAnswer(question: AssignmentCase): Promise<CaseResult> {
  return toResult(await assignorNamed(question.assignor).assign(groupOf(question)));
}

export function toResult(shares: ReadonlyMap<string, MemberAssignment>): CaseResult {
  return Object.fromEntries(
    [...shares].map(([id, { partitions }]) => [
      id,
      partitions.map(({ topic, partition }) => `${topic}-${partition}`).sort(),
    ]),
  );
}

interface LivingMember {
  readonly id: string;
  readonly instance: string | null;
  readonly assignor: Assignor;
  topics: string[];
  owned: readonly TopicPartition[];
  generation: number;
}

/** The questions that one group asks in the course of its life. */
export async function lifeOfGroup(
  name: AssignorName,
  seed: number,
  steps = 8,
): Promise<AssignmentCase[]> {
  const group = new LivingGroup(name, seed);
  const cases: AssignmentCase[] = [];
  for (let step = 0; step < steps; step += 1) {
    group.change();
    cases.push(await group.share());
  }
  return cases;
}

class LivingGroup {
  readonly #name: AssignorName;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #topics: Record<string, number> = {};
  #members: LivingMember[] = [];
  #generation = 0;
  #ids = 0;

  constructor(name: AssignorName, seed: number) {
    this.#name = name;
    this.#random = seededRandom(seed);
    for (let index = this.#random.below(5); index >= 0; index -= 1)
      this.#topics[`topic-${index}`] = 1 + this.#random.below(this.#random.below(4) === 0 ? 40 : 8);
    for (let count = this.#random.below(6); count >= 0; count -= 1) this.#join();
  }

  change(): void {
    switch (this.#random.below(7)) {
      case 0:
      case 1:
        this.#join();
        break;
      case 2:
        if (this.#members.length > 1)
          this.#members.splice(this.#random.below(this.#members.length), 1);
        break;
      case 3:
        this.#topics[this.#pick(Object.keys(this.#topics))]! += 1 + this.#random.below(3);
        break;
      case 4:
        this.#pick(this.#members).topics = this.#someTopics();
        break;
      case 5:
        this.#lie();
        break;
      default:
        break;
    }
  }

  /** Asks, and takes the answer as the group would. */
  async share(): Promise<AssignmentCase> {
    const members = await Promise.all(
      this.#members.map(async ({ id, instance, topics, owned, generation, assignor }) => {
        const userData = (await assignor.subscriptionUserData?.(topics)) ?? null;
        return {
          id,
          instance,
          topics: [...topics].sort(),
          owned:
            this.#name === 'cooperative-sticky'
              ? owned.map(({ topic, partition }) => [topic, partition] as const)
              : [],
          // Members of older clients do not tell it in the subscription.
          generation: this.#random.below(4) === 0 ? -1 : generation,
          userData: userData === null ? null : userData.toString('base64'),
        };
      }),
    );
    const question = { assignor: this.#name, topics: { ...this.#topics }, members };
    const shares = await assignorNamed(this.#name).assign(groupOf(question));
    this.#generation += 1;
    for (const member of this.#members) {
      // Somebody misses a generation now and then.
      if (this.#random.below(10) === 0) continue;
      member.owned = shares.get(member.id)!.partitions;
      member.generation = this.#generation;
      await member.assignor.onAssignment?.(member.owned, null, this.#generation);
    }
    return question;
  }

  #join(): void {
    this.#ids += 1;
    const hasInstance = this.#random.below(6) === 0;
    this.#members.push({
      id: `client-${this.#random.below(1_000)}-${this.#random.uint32().toString(16)}-${this.#ids}`,
      instance: hasInstance ? `instance-${this.#random.below(1_000)}-${this.#ids}` : null,
      assignor: assignorNamed(this.#name),
      topics: this.#someTopics(),
      owned: [],
      generation: -1,
    });
  }

  /** A member claims what is another's. */
  #lie(): void {
    const liar = this.#pick(this.#members);
    const other = this.#pick(this.#members);
    liar.owned = [...liar.owned, ...other.owned.filter((each) => !liar.owned.includes(each))];
  }

  #someTopics(): string[] {
    const all = Object.keys(this.#topics);
    if (this.#random.below(3) > 0) return all;
    const some = all.filter(() => this.#random.below(2) === 0);
    return some.length === 0 ? [this.#pick(all)] : some;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!;
  }
}
