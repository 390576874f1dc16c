import { describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { parseProperties } from './properties.ts';

function parsed(text: string): Record<string, string> {
  return Object.fromEntries(parseProperties(text));
}

describe('parseProperties', () => {
  it('splits at "=", ":" or blanks, and trims what stands around them', () => {
    expect(parsed('a=1\nb : 2\n c 3\nd\te\nf=')).toEqual({ a: '1', b: '2', c: '3', d: 'e', f: '' });
  });

  it('keeps further separators in the value', () => {
    expect(parsed('listeners=PLAINTEXT://h:9092,X://:1\nk==v')).toEqual({
      listeners: 'PLAINTEXT://h:9092,X://:1',
      k: '=v',
    });
  });

  it('skips comments and blank lines, with any line ending', () => {
    expect(parsed('# c\r\n! d\r\n\r\n  # e\ra=1\r\n')).toEqual({ a: '1' });
  });

  it('does not take "#" inside a value for a comment', () => {
    expect(parsed('a=1 # one')).toEqual({ a: '1 # one' });
  });

  it('joins continued lines without the blanks that begin the next', () => {
    expect(parsed('a=1,\\\n   2,\\\n\t3\nb=x')).toEqual({ a: '1,2,3', b: 'x' });
    expect(parsed('a=1\\')).toEqual({ a: '1' });
  });

  it('takes an even number of backslashes at the end for escaped ones', () => {
    expect(parsed('a=1\\\\\nb=2')).toEqual({ a: '1\\', b: '2' });
  });

  it('resolves escapes in keys and values', () => {
    expect(parsed('a\\=b\\ c=\\u00e9\\t\\x\\\\')).toEqual({ 'a=b c': 'é\tx\\' });
  });

  it('refuses a broken unicode escape', () => {
    expect(() => parsed('a=\\u12')).toThrow(ConfigError);
  });

  it('lets the last of repeated keys count', () => {
    expect(parsed('a=1\na=2')).toEqual({ a: '2' });
  });
});
