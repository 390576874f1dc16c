// From the text of a value to the value, and back to the one spelling that DescribeConfigs shows. The messages follow
// Kafka's wording, so that people find them when they search. Kafka: ConfigDef.parseType and its validators.

import { ConfigError } from './config-error.ts';
import type { ConfigKey, Constraint } from './config-key.ts';

/** A parsed value; null where the key has none. */
export type ConfigValue = boolean | number | string | readonly string[] | null;

const JAVA_TYPE: Readonly<Record<string, string>> = {
  int: 'INT',
  short: 'SHORT',
  long: 'LONG',
  double: 'DOUBLE',
};

/**
 * Parses and validates. Longs beyond 2^53−1 become `Number.MAX_SAFE_INTEGER` (in configurations they all mean "no limit").
 *
 * @throws ConfigError in one line that names key and value
 */
export function parseConfigValue(key: ConfigKey, text: string | null): ConfigValue {
  if (text === null) return null;
  const value = parseType(key, text.trim());
  if (typeof value === 'number') checkRange(key, value, text);
  else if (typeof value !== 'boolean') checkElements(key, value);
  return value;
}

/** The spelling that DescribeConfigs shows: trimmed, numbers in their normal form, lists without blanks. */
export function formatConfigValue(key: ConfigKey, text: string | null): string | null {
  if (text === null) return null;
  const trimmed = text.trim();
  switch (key.type) {
    case 'int':
    case 'short':
    case 'long':
      return trimmed.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
    case 'boolean':
      return trimmed.toLowerCase();
    case 'list':
      return splitList(trimmed).join(',');
    default:
      return trimmed;
  }
}

function parseType(key: ConfigKey, text: string): boolean | number | string | readonly string[] {
  switch (key.type) {
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      throw invalid(key, text, 'Expected value to be either true or false');
    case 'int':
    case 'short':
    case 'long':
      if (/^[+-]?\d+$/.test(text)) return exactNumber(key, text);
      throw invalid(key, text, `Not a number of type ${JAVA_TYPE[key.type]}`);
    case 'double':
      if (text !== '' && Number.isFinite(Number(text))) return Number(text);
      throw invalid(key, text, 'Not a number of type DOUBLE');
    case 'list':
      return splitList(text);
    case 'string':
    case 'class':
    case 'password':
      return text;
  }
}

const LONG_MAX = 9_223_372_036_854_775_807n;

function exactNumber(key: ConfigKey, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const wide = BigInt(text.replace(/^\+/, ''));
  if (wide > LONG_MAX || wide < -LONG_MAX - 1n)
    throw invalid(key, text, `Not a number of type ${JAVA_TYPE[key.type]}`);
  return wide > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

function splitList(text: string): readonly string[] {
  return text === '' ? [] : text.split(/\s*,\s*/);
}

function checkRange(key: ConfigKey, value: number, text: string): void {
  const { min, max, oneOf } = key.constraint;
  if (min !== undefined && value < min) throw invalid(key, text, `Value must be at least ${min}`);
  if (max !== undefined && value > max)
    throw invalid(key, text, `Value must be no more than ${max}`);
  if (oneOf !== undefined && !oneOf.includes(String(value)))
    throw invalid(key, text, `Value must be one of ${oneOf.join(', ')}`);
}

function checkElements(key: ConfigKey, value: string | readonly string[]): void {
  const { nonEmpty, oneOf, ignoreCase, pattern } = key.constraint;
  if (nonEmpty === true && value.length === 0) throw invalid(key, '', 'Value must not be empty');
  for (const element of typeof value === 'string' ? [value] : value) {
    if (oneOf !== undefined && !isOneOf(element, oneOf, ignoreCase))
      throw invalid(key, String(value), `${subject(value)} must be one of ${oneOf.join(', ')}`);
    if (pattern !== undefined && !pattern.regex.test(element))
      throw invalid(key, String(value), `${subject(value)} must be ${pattern.means}`);
  }
}

function subject(value: string | readonly string[]): string {
  return typeof value === 'string' ? 'Value' : 'Each element';
}

function isOneOf(
  element: string,
  allowed: readonly string[],
  ignoreCase: Constraint['ignoreCase'],
): boolean {
  if (ignoreCase !== true) return allowed.includes(element);
  return allowed.some((one) => one.toLowerCase() === element.toLowerCase());
}

function invalid(key: ConfigKey, text: string, reason: string): ConfigError {
  const shown = key.type === 'password' ? '[hidden]' : text;
  return new ConfigError(
    `Invalid value ${shown} for configuration ${key.name}: ${reason}`,
    key.name,
  );
}
