// Who gets which partition: the results of Java's assignors of the same name, and what must hold for any group.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AssignorName, cooperativeStickyAssignor, stickyAssignor } from '../src/index.ts';
import {
  type AssignmentCase,
  ASSIGNOR_NAMES,
  assignorNamed,
  type CaseResult,
  groupOf,
  lifeOfGroup,
  ourAnswer,
  toResult,
} from './assignment-cases.ts';

interface Golden {
  readonly question: AssignmentCase;
  readonly answer: CaseResult;
}

const golden = readFileSync(new URL('golden/assignments.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

function question(
  assignor: AssignorName,
  wanted: Record<string, string[]>,
  topics: Record<string, number>,
  owned: Record<string, [string, number][]> = {},
): AssignmentCase {
  return {
    assignor,
    topics,
    members: Object.entries(wanted).map(([id, list]) => ({
      id,
      instance: null,
      topics: list,
      owned: owned[id] ?? [],
      generation: owned[id] === undefined ? -1 : 1,
      userData: null,
    })),
  };
}

describe.each(ASSIGNOR_NAMES)('%s', (name) => {
  const cases = golden.filter((each) => each.question.assignor === name);

  it(`given ${cases.length} groups, then shares as Apache Kafka 4.3.1 does`, async () => {
    expect(cases.length).toBeGreaterThan(30);
    for (const { question: asked, answer } of cases)
      expect(await ourAnswer(asked), JSON.stringify(asked)).toEqual(answer);
  });

  it('given any group, then nothing is given twice, to strangers, or (but for what must move first) to nobody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        for (const asked of await lifeOfGroup(name, seed, 4)) {
          const answer = await ourAnswer(asked);
          const given = Object.values(answer).flat();
          expect(new Set(given).size).toBe(given.length);
          const claimed = new Set(
            asked.members.flatMap(({ owned }) => owned.map(([topic, at]) => `${topic}-${at}`)),
          );
          for (const { id, topics } of asked.members)
            for (const each of answer[id]!)
              expect(topics).toContain(each.slice(0, each.lastIndexOf('-')));
          for (const [topic, count] of Object.entries(asked.topics)) {
            if (!asked.members.some(({ topics }) => topics.includes(topic))) continue;
            for (let partition = 0; partition < count; partition += 1) {
              const isFree = name === 'cooperative-sticky' && claimed.has(`${topic}-${partition}`);
              if (!isFree) expect(given).toContain(`${topic}-${partition}`);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('rangeAssignor', () => {
  it('given 2 members and 2 topics of 3, then the first gets two of each', async () => {
    expect(
      await ourAnswer(question('range', { b: ['s', 't'], a: ['t', 's'] }, { s: 3, t: 3 })),
    ).toEqual({
      a: ['s-0', 's-1', 't-0', 't-1'],
      b: ['s-2', 't-2'],
    });
  });

  it('given more members than partitions, then the last get none', async () => {
    expect(await ourAnswer(question('range', { a: ['t'], b: ['t'], c: ['t'] }, { t: 2 }))).toEqual({
      a: ['t-0'],
      b: ['t-1'],
      c: [],
    });
  });

  it('given a topic that does not exist, then nobody gets it', async () => {
    expect(await ourAnswer(question('range', { a: ['t'] }, {}))).toEqual({ a: [] });
  });
});

describe('roundRobinAssignor', () => {
  it('given 2 members and 2 topics of 3, then takes turns over all partitions', async () => {
    expect(
      await ourAnswer(question('roundrobin', { a: ['s', 't'], b: ['s', 't'] }, { s: 3, t: 3 })),
    ).toEqual({ a: ['s-0', 's-2', 't-1'], b: ['s-1', 't-0', 't-2'] });
  });

  it('given members with different topics, then skips those that did not ask', async () => {
    expect(
      await ourAnswer(question('roundrobin', { a: ['s'], b: ['s', 't'] }, { s: 2, t: 2 })),
    ).toEqual({ a: ['s-0'], b: ['s-1', 't-0', 't-1'] });
  });
});

describe('cooperativeStickyAssignor', () => {
  it('given a newcomer, then what moves is taken first and given in the next rebalance', async () => {
    const owned: [string, number][] = [0, 1, 2, 3].map((partition) => ['t', partition]);
    const wanted = { a: ['t'], b: ['t'] };
    const first = await ourAnswer(question('cooperative-sticky', wanted, { t: 4 }, { a: owned }));
    expect(first).toEqual({ a: ['t-0', 't-1'], b: [] });
    const second = await ourAnswer(
      question('cooperative-sticky', wanted, { t: 4 }, { a: owned.slice(0, 2), b: [] }),
    );
    expect(second).toEqual({ a: ['t-0', 't-1'], b: ['t-2', 't-3'] });
  });

  it("given a generation, then tells it in Java's four bytes", async () => {
    const assignor = cooperativeStickyAssignor();
    expect(await assignor.subscriptionUserData!(['t'])).toEqual(Buffer.from('ffffffff', 'hex'));
    await assignor.onAssignment!([], null, 258);
    expect(await assignor.subscriptionUserData!(['t'])).toEqual(Buffer.from('00000102', 'hex'));
  });

  it('given nothing new, then nothing moves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const cases = await lifeOfGroup('cooperative-sticky', seed, 3);
        let asked = cases.at(-1)!;
        // Two more rebalances settle whatever was under way.
        for (let round = 0; round < 3; round += 1)
          asked = afterwards(asked, await ourAnswer(asked), round + 100);
        expect(await ourAnswer(asked)).toEqual(
          Object.fromEntries(
            asked.members.map(({ id, owned }) => [id, owned.map(([t, p]) => `${t}-${p}`).sort()]),
          ),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('stickyAssignor', () => {
  it('given what it was given, then tells it in the format that Java reads', async () => {
    const assignor = stickyAssignor();
    expect(await assignor.subscriptionUserData!(['t'])).toBeNull();
    await assignor.onAssignment!([{ topic: 't', partition: 7 }], null, 3);
    expect(await assignor.subscriptionUserData!(['t'])).toEqual(
      Buffer.from('00000001' + '000174' + '00000001' + '00000007' + '00000003', 'hex'),
    );
  });

  it('given user data that cannot be read, then the member has no past', async () => {
    const asked = question('sticky', { a: ['t'], b: ['t'] }, { t: 2 });
    const group = groupOf({
      ...asked,
      members: asked.members.map((member) => ({ ...member, userData: 'AAAAZA==' })),
    });
    expect(toResult(await assignorNamed('sticky').assign(group))).toEqual({
      a: ['t-0'],
      b: ['t-1'],
    });
  });
});

function afterwards(asked: AssignmentCase, answer: CaseResult, generation: number): AssignmentCase {
  return {
    ...asked,
    members: asked.members.map((member) => ({
      ...member,
      generation,
      owned: answer[member.id]!.map((name) => {
        const dash = name.lastIndexOf('-');
        return [name.slice(0, dash), Number(name.slice(dash + 1))] as const;
      }),
    })),
  };
}
