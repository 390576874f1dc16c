import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { ConfigDef } from './config-def.ts';
import { Password } from './config-type.ts';
import { atLeast, distinctList, oneOf } from './validators.ts';

const DEFINITION = new ConfigDef(
  { name: 'topic', type: 'STRING', importance: 'HIGH' },
  { name: 'batch.size', type: 'INT', default: 2000, validator: atLeast(1) },
  { name: 'mode', type: 'STRING', default: 'a', validator: oneOf('a', 'b'), group: 'Modes' },
  { name: 'names', type: 'LIST', default: [], validator: distinctList({ isEmptyAllowed: true }) },
  { name: 'secret', type: 'PASSWORD', default: null },
);

describe('ConfigDef.parse', () => {
  it('given texts, then values have their types and what is left out its default', () => {
    const config = DEFINITION.parse({ topic: ' orders ', names: 'a , b', other: 'kept' });
    expect(config.string('topic')).toBe('orders');
    expect(config.number('batch.size')).toBe(2000);
    expect(config.list('names')).toEqual(['a', 'b']);
    expect(config.originals['other']).toBe('kept');
    expect(() => config.get('other')).toThrow("Unknown configuration 'other'");
  });

  it('given a required config that is missing, then it is refused in Kafka’s words', () => {
    expect(() => DEFINITION.parse({})).toThrow(
      'Missing required configuration "topic" which has no default value.',
    );
  });

  it.each([
    ['batch.size', 'x', 'Not a number of type INT'],
    ['batch.size', '2147483648', 'Not a number of type INT'],
    ['batch.size', '0', 'Value must be at least 1'],
    ['mode', 'c', 'String must be one of: a, b'],
  ])('given %s = %s, then it is refused: %s', (name, value, reason) => {
    expect(() => DEFINITION.parse({ topic: 't', [name]: value })).toThrow(
      `Invalid value ${value} for configuration ${name}: ${reason}`,
    );
  });

  it('given a list that repeats itself, then parse drops the repetition and validate reports it', () => {
    const properties = { topic: 't', names: 'a,b,a' };
    expect(DEFINITION.parse(properties).list('names')).toEqual(['a', 'b']);
    expect(DEFINITION.validate(properties).get('names')?.errors).toEqual([
      "Configuration 'names' values must not be duplicated.",
    ]);
  });

  it('given a password, then neither its text nor its JSON shows it', () => {
    const secret = DEFINITION.parse({ topic: 't', secret: 'hunter2' }).password('secret');
    expect(secret).toBeInstanceOf(Password);
    expect(`${String(secret)} ${JSON.stringify({ secret })}`).not.toContain('hunter2');
    expect(secret?.reveal()).toBe('hunter2');
  });
});

describe('ConfigDef.validate', () => {
  it('given several mistakes, then each config has its own and nothing is thrown', () => {
    const found = DEFINITION.validate({ 'batch.size': 'x', mode: 'c' });
    expect([...found].map(([name, { errors }]) => [name, errors.length])).toEqual([
      ['topic', 1],
      ['batch.size', 2],
      ['mode', 1],
      ['names', 0],
      ['secret', 0],
    ]);
  });

  it('given dependents that nobody defined, then they are reported and invisible', () => {
    const definition = new ConfigDef({
      name: 'a',
      type: 'STRING',
      default: '',
      dependents: ['missing'],
    });
    expect(definition.validate({}).get('missing')).toMatchObject({
      errors: ['missing is referred in the dependents, but not defined.'],
      visible: false,
    });
  });

  it('given a recommender, then it sees the values and decides what is visible', () => {
    const definition = new ConfigDef(
      { name: 'kind', type: 'STRING', default: 'plain' },
      {
        name: 'user',
        type: 'STRING',
        default: null,
        recommender: {
          validValues: () => ['me'],
          visible: (_name, parsed) => parsed.get('kind') === 'login',
        },
      },
    );
    expect(definition.validate({}).get('user')?.visible).toBe(false);
    expect(definition.validate({ kind: 'login' }).get('user')).toMatchObject({
      visible: true,
      recommendedValues: ['me'],
    });
  });
});

describe('ConfigDef.embed', () => {
  it('given a child definition, then its keys have the prefix, its group and the next places', () => {
    const child = new ConfigDef({ name: 'field', type: 'STRING' });
    const parent = new ConfigDef().embed('transforms.a.', 'Transforms: a', 2, child);
    expect(parent.keys.get('transforms.a.field')).toMatchObject({
      group: 'Transforms: a',
      orderInGroup: 2,
      isRequired: true,
    });
  });

  it('given a name twice, then it is refused', () => {
    const again = { name: 'a', type: 'STRING' } as const;
    expect(() => new ConfigDef(again, again)).toThrow(ConfigError);
  });
});
