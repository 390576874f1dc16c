import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { expandReplacement, javaRegex, matchesWhole } from './java-regex.ts';

describe('javaRegex', () => {
  it.each([
    ['orders.*', 'orders-eu', true],
    ['orders', 'orders-eu', false],
    ['[\\w-.]+', 'a-b.c', true],
    ['[a-z&&[^b]]+', 'abc', false],
    ['[a-z&&[^b]]+', 'acd', true],
    ['[a-c[x-z]]+', 'axz', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['\\p{Alpha}+', 'abc', true],
    ['\\p{Alpha}+', 'äbc', false],
    ['(?i)ORDERS', 'orders', true],
    ['[^-]*', 'abc', true],
    ['[-a]+', '-a', true],
    ['a|ab', 'ab', true],
  ])(
    'given the pattern %s and the topic %s, then it matches as a whole: %s',
    (pattern, topic, expected) => {
      expect(matchesWhole(javaRegex(pattern), topic)).toBe(expected);
    },
  );

  it.each([
    ['a++', 'possessive quantifiers'],
    ['(?>a)', 'atomic groups'],
    ['a(?i)b', 'flags anywhere but at the start'],
    ['\\R', '\\R'],
    ['[^a[b]]', 'negated unions'],
    ['[a', 'Unclosed character class'],
    ['(', 'Unterminated group'],
  ])('given %s, which JavaScript cannot say, then it is refused by name: %s', (pattern, reason) => {
    expect(() => javaRegex(pattern)).toThrow(ConfigError);
    expect(() => javaRegex(pattern)).toThrow(reason);
  });

  it('given $10 and one group, then it is group 1 and a zero, as in Java', () => {
    const match = javaRegex('(a)').exec('a');
    expect(match && expandReplacement('$10', match)).toBe('a0');
    expect(match && expandReplacement('\\$1', match)).toBe('$1');
    expect(() => match && expandReplacement('$2', match)).toThrow('No group 2');
  });
});
