// What a user of the quickstart types, with every client, compared with the files themselves: the expectations below are
// computed here from vega-datasets and from nothing else.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { javaArguments } from '../../e2e/src/java-tools.ts';
import { run } from '../../e2e/src/processes.ts';
import { ottla as server, ottlaCommand, type ServerUnderTest } from '../../e2e/src/servers.ts';
import { missing, type Tool } from '../../e2e/src/toolchain.ts';

/** A key and the JSON of its value. */
type Pair = readonly [key: string, value: unknown];

const data = path.resolve(import.meta.dirname, '../../node_modules/vega-datasets/data');
const file = (name: string): string => readFileSync(path.join(data, name), 'utf8');

const expected: Readonly<Record<string, readonly Pair[]>> = {
  stocks: file('stocks.csv')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line): Pair => {
      const match = /^(\w+),([^,]+),([\d.]+)\r?$/.exec(line);
      if (match === null) throw new Error(`not a share price: ${line}`);
      return [match[1]!, { symbol: match[1], date: match[2], price: Number(match[3]) }];
    }),
  flights: (JSON.parse(file('flights-2k.json')) as { origin: string }[]).map((it): Pair => [
    it.origin,
    it,
  ]),
  earthquakes: (
    JSON.parse(file('earthquakes.json')) as { features: { id: string }[] }
  ).features.map((it): Pair => [it.id, it]),
};
const topics = [
  { topic: 'stocks', partitions: 3, count: 560 },
  { topic: 'flights', partitions: 4, count: 2000 },
  { topic: 'earthquakes', partitions: 2, count: 1707 },
];

interface Reader {
  readonly name: string;
  readonly needs: readonly Tool[];
  /** What it prints for a topic, as pairs. */
  readonly read: (topic: string, count: number) => Promise<readonly Pair[]>;
}

const readers: readonly Reader[] = [
  {
    name: 'ottla consume',
    needs: [],
    read: async (topic) => {
      const lines = await output(
        ottla('consume', topic, '--from-beginning', '--until-end', '--json'),
      );
      return lines.map((line) => {
        const message = JSON.parse(line) as { key: string; value: string };
        return [message.key, JSON.parse(message.value)];
      });
    },
  },
  {
    name: 'kcat',
    needs: ['kcat'],
    read: async (topic) =>
      split(
        await output([
          'kcat',
          '-b',
          broker.bootstrap,
          '-C',
          '-t',
          topic,
          '-o',
          'beginning',
          '-e',
          '-q',
          '-f',
          '%k\t%s\n',
        ]),
      ),
  },
  {
    name: 'Java console consumer',
    needs: ['java'],
    read: async (topic, count) => {
      const args = ['--bootstrap-server', broker.bootstrap, '--topic', topic, '--from-beginning'];
      args.push(
        '--max-messages',
        `${count}`,
        '--timeout-ms',
        '20000',
        '--formatter-property',
        'print.key=true',
      );
      return split(await output(['java', ...javaArguments('consoleConsumer', args)]));
    },
  },
];

let broker: ServerUnderTest;
beforeAll(async () => {
  broker = await server.start();
  for (const { topic, partitions } of topics) {
    await output(ottla('topic', 'create', topic, '--partitions', `${partitions}`));
    const messages = await run(...quickstart('print', topic));
    const [command, ...args] = ottla('produce', topic, '--json');
    const { stderr } = await run(command!, args, { input: messages.stdout });
    expect(stderr).toContain(`${expected[topic]!.length.toLocaleString('en-US')} messages`);
  }
});
afterAll(() => broker.stop());

describe.each(readers)('$name reads what the quickstart wrote', ({ name, needs, read }) => {
  const reason = missing(needs);
  const title = reason === undefined ? '' : ` (skipped: ${name} ${reason})`;
  it.skipIf(reason !== undefined)(
    `count, contents, and order within each key, as in the files${title}`,
    async () => {
      for (const { topic, count } of topics) {
        const received = await read(topic, count);
        expect(received).toHaveLength(count);
        expect(byKey(received)).toEqual(byKey(expected[topic]!));
      }
    },
  );
});

it('npm run quickstart: one command, in and out, with the answers that the files give', async () => {
  const { stdout } = await run(...quickstart());
  for (const { topic, count } of topics) {
    const keys = new Set(expected[topic]!.map(([key]) => key)).size;
    expect(stdout).toContain(`${count} messages in, ${count} out, ${keys} keys`);
  }
  const late = expected['flights']!.filter(
    ([, value]) => (value as { delay: number }).delay >= 60,
  ).length;
  expect(stdout).toContain(`${late} of 2000 flights`);
  const magnitudes = expected['earthquakes']!.map(
    ([, value]) => (value as { properties: { mag: number } }).properties.mag,
  );
  expect(stdout).toContain(`magnitude ${Math.max(...magnitudes)},`);
});

it('an unknown data set is a usage error that names the known ones', async () => {
  const wrong = run(...quickstart('print', 'weather'));
  await expect(wrong).rejects.toThrow(/ended with 2:[\s\S]*stocks\|flights\|earthquakes/);
});

function ottla(...args: readonly string[]): readonly string[] {
  return ottlaCommand([...args, '--bootstrap-server', broker.bootstrap]);
}

function quickstart(...args: readonly string[]): [command: string, args: string[]] {
  return [
    process.execPath,
    ['--conditions=@ottla/source', path.join(import.meta.dirname, 'main.ts'), ...args],
  ];
}

async function output([command, ...args]: readonly string[]): Promise<string[]> {
  const { stdout } = await run(command!, args);
  return stdout.split('\n').filter((line) => line !== '');
}

function split(lines: readonly string[]): Pair[] {
  return lines.map((line) => {
    const tab = line.indexOf('\t');
    return [line.slice(0, tab), JSON.parse(line.slice(tab + 1))];
  });
}

/** The order of messages is promised within a key only. */
function byKey(pairs: readonly Pair[]): Map<string, unknown[]> {
  const groups = Map.groupBy(pairs, ([key]) => key);
  return new Map([...groups].map(([key, group]) => [key, group.map(([, value]) => value)]));
}
