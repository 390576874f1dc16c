import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BROKER_TABLE, DYNAMIC_ONLY_TABLE, GROUP_TABLE, TOPIC_TABLE } from './config-table.ts';
import type { ConfigKey } from './config-key.ts';
import type { ConfigTable } from './config-table.ts';
import { OTTLA_KEYS } from './table/ottla-keys.ts';
import { parseConfigValue } from './config-value.ts';
import { editDistance, nearestName } from './nearest-name.ts';

interface KafkaKey {
  readonly name: string;
  readonly type: string;
  readonly default?: string | number | boolean | null | readonly string[];
  readonly updateMode?: string;
  readonly brokerSynonyms?: readonly { readonly name: string; readonly multiplier: number }[];
}

const kafka = JSON.parse(
  readFileSync(new URL('../../test/data/kafka-4.3-configs.json', import.meta.url), 'utf8'),
) as Record<'broker' | 'brokerDynamicOnly' | 'topic' | 'group', readonly KafkaKey[]>;

/** Where Ottla differs on purpose (DESIGN §2). */
const OWN_DEFAULTS = new Set([
  'process.roles',
  'node.id',
  'controller.listener.names',
  'listeners',
  'log.dir',
  'queued.max.request.bytes',
  'socket.connection.setup.timeout.ms',
  'socket.listen.backlog.size',
]);

function text(value: KafkaKey['default']): string | null {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value).replaceAll('"', '');
}

/** Text of all that may read a key: the tables are no readers. */
function ownSource(): string {
  const roots = ['..', '../../../../packages/metadata/src'];
  return roots
    .map((root) => fileURLToPath(new URL(root, import.meta.url)))
    .flatMap((root) => globSync('**/*.ts', { cwd: root }).map((name) => join(root, name)))
    .filter((path) => !path.endsWith('.test.ts') && !path.includes(join('config', 'table')))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

describe('the configuration table', () => {
  const families: readonly [string, readonly KafkaKey[], ConfigTable][] = [
    ['broker', kafka.broker, BROKER_TABLE],
    ['dynamic-only broker', kafka.brokerDynamicOnly, DYNAMIC_ONLY_TABLE],
    ['topic', kafka.topic, TOPIC_TABLE],
    ['group', kafka.group, GROUP_TABLE],
  ];

  it.each(families)(
    'places every %s key of Kafka 4.3 in one class, and no other',
    (_kind, keys, table) => {
      const own = [...table.keys()].filter((name) => name.startsWith('ottla.'));
      expect([...table.keys()].toSorted()).toEqual(
        [...keys.map(({ name }) => name), ...own].toSorted(),
      );
      for (const { name } of keys)
        expect(['honoured', 'accepted', 'refused']).toContain(table.get(name)?.class);
    },
  );

  it('has 360 broker keys and 34 topic keys of Kafka', () => {
    expect([...BROKER_TABLE.keys()].filter((name) => !name.startsWith('ottla.'))).toHaveLength(360);
    expect(TOPIC_TABLE.size).toBe(34);
  });

  it.each(families)('has the types and defaults of the %s keys', (_kind, keys, table) => {
    for (const { name, type, default: value } of keys) {
      const key = table.get(name);
      expect(key?.type, name).toBe(type);
      if (OWN_DEFAULTS.has(name)) continue;
      if (type === 'double') expect(Number(key?.defaultValue), name).toBe(Number(value));
      else expect(key?.defaultValue, name).toBe(text(value));
    }
  });

  it('has the synonyms of topic keys with their factors', () => {
    for (const { name, brokerSynonyms } of kafka.topic)
      expect(TOPIC_TABLE.get(name)?.synonyms, name).toEqual(
        (brokerSynonyms ?? []).map((one) => ({ name: one.name, factor: one.multiplier })),
      );
  });

  it('accepts each of its own defaults', () => {
    for (const table of [BROKER_TABLE, DYNAMIC_ONLY_TABLE, TOPIC_TABLE, GROUP_TABLE])
      for (const key of table.values())
        expect(() => parseConfigValue(key, key.defaultValue), key.name).not.toThrow();
  });

  it('given a key that is honoured, then there is code that reads it', () => {
    const source = ownSource();
    const isHonoured = ({ class: keyClass }: ConfigKey): boolean => keyClass === 'honoured';
    const standIns = [...TOPIC_TABLE.values()]
      .filter(isHonoured)
      .flatMap(({ synonyms }) => synonyms.map(({ name }) => name));
    const isRead = (name: string): boolean =>
      // Levels are read as `compression.${codec}.level`.
      name.startsWith('compression.') || source.includes(`'${name}'`);
    const unread = [BROKER_TABLE, DYNAMIC_ONLY_TABLE, TOPIC_TABLE, GROUP_TABLE]
      .flatMap((table) => [...table.values()].filter(isHonoured).map(({ name }) => name))
      .filter((name) => !standIns.includes(name) && !isRead(name));
    expect(unread).toEqual([]);
  });

  it('explains every key in one sentence', () => {
    for (const key of [...BROKER_TABLE.values(), ...TOPIC_TABLE.values()])
      expect(key.documentation, key.name).toMatch(/^[A-Za-z].*\.$/);
  });
});

describe('nearestName', () => {
  it('finds the key that was meant', () => {
    expect(nearestName('log.retention.hour', BROKER_TABLE.keys())).toBe('log.retention.hours');
    expect(nearestName('num.partition', BROKER_TABLE.keys())).toBe('num.partitions');
  });

  it('stays silent when nothing is near', () => {
    expect(nearestName('completely.different.thing.here', BROKER_TABLE.keys())).toBeUndefined();
  });

  it('counts insertions, deletions and substitutions', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('same', 'same')).toBe(0);
  });
});

describe('the keys of our own', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = new Map(
    Array.from(readme.matchAll(/^\| `(ottla\.[^`]+)` *\| *(\S*) *\|/gm), (row) => [
      row[1]!,
      row[2]!,
    ]),
  );

  it('stand in the README, all and no others, with their defaults', () => {
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(
        OTTLA_KEYS.map(({ name, defaultValue }) => [
          name,
          /^\d+$/.test(defaultValue ?? '')
            ? Number(defaultValue).toLocaleString('en')
            : defaultValue,
        ]),
      ),
    );
  });
});
