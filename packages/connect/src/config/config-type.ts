// How the text of a config becomes a value of its type, and back. Kafka: ConfigDef.parseType, ConfigDef.convertToString.
import { ConfigError } from '../errors.ts';
import { describeValue } from '../data/describe-value.ts';

/** Kafka's config types. */
export type ConfigType =
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD';

/** A secret: prints as `[hidden]`, so that it does not reach a log or an answer by accident. */
export class Password {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[hidden]';
  }

  toJSON(): string {
    return '[hidden]';
  }
}

/**
 * Reads one value. Texts are trimmed; a list is split at commas; `null` stays null.
 * Values that have the type already pass. A CLASS stays its name: whether there is such a plugin is its validator's business.
 *
 * @throws ConfigError with Kafka's message
 */
export function parseConfigValue(name: string, value: unknown, type: ConfigType): unknown {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? parseText(name, value, type) : acceptTyped(name, value, type);
}

/** As Kafka's messages put it. */
export function invalidValue(name: string, value: unknown, reason: string): ConfigError {
  const shown = value instanceof Password ? '[hidden]' : describeValue(value);
  return new ConfigError(`Invalid value ${shown} for configuration ${name}: ${reason}`);
}

function parseText(name: string, text: string, type: ConfigType): unknown {
  const trimmed = text.trim();
  switch (type) {
    case 'BOOLEAN':
      if (/^true$/i.test(trimmed)) return true;
      if (/^false$/i.test(trimmed)) return false;
      throw invalidValue(name, text, 'Expected value to be either true or false');
    case 'STRING':
    case 'CLASS':
      return trimmed;
    case 'PASSWORD':
      return new Password(trimmed);
    case 'LIST':
      return trimmed === '' ? [] : trimmed.split(/\s*,\s*/);
    case 'DOUBLE':
      return parseDouble(name, text, trimmed);
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return parseInteger(name, text, trimmed, type);
  }
}

const INTEGER_BITS = { SHORT: 16, INT: 32, LONG: 64 } as const;

function parseInteger(
  name: string,
  text: string,
  trimmed: string,
  type: keyof typeof INTEGER_BITS,
): number {
  if (!/^[+-]?\d+$/.test(trimmed)) throw invalidValue(name, text, `Not a number of type ${type}`);
  const exact = BigInt(trimmed.replace(/^\+/, ''));
  if (BigInt.asIntN(INTEGER_BITS[type], exact) !== exact)
    throw invalidValue(name, text, `Not a number of type ${type}`);
  // Configs of type LONG are times and sizes; beyond 2^53 they all mean "for ever".
  return Number(exact);
}

function parseDouble(name: string, text: string, trimmed: string): number {
  if (/^[+-]?NaN$/.test(trimmed)) return Number.NaN;
  if (!/^[+-]?(Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?)$/.test(trimmed))
    throw invalidValue(name, text, 'Not a number of type DOUBLE');
  return Number(trimmed.replace(/^\+/, '').replace(/[dDfF]$/, ''));
}

function acceptTyped(name: string, value: unknown, type: ConfigType): unknown {
  switch (type) {
    case 'BOOLEAN':
      if (typeof value === 'boolean') return value;
      throw invalidValue(name, value, 'Expected value to be either true or false');
    case 'SHORT':
    case 'INT':
    case 'LONG':
      if (Number.isInteger(value)) return value;
      throw invalidValue(
        name,
        value,
        `Expected value to be ${EXPECTED[type]}, but it was a ${typeof value}`,
      );
    case 'DOUBLE':
      if (typeof value === 'number') return value;
      throw invalidValue(
        name,
        value,
        `Expected value to be a double, but it was a ${typeof value}`,
      );
    case 'LIST':
      if (Array.isArray(value)) return value;
      throw invalidValue(name, value, 'Expected a comma separated list.');
    case 'PASSWORD':
      if (value instanceof Password) return value;
      throw invalidValue(
        name,
        value,
        `Expected value to be a string, but it was a ${typeof value}`,
      );
    case 'STRING':
      throw invalidValue(
        name,
        value,
        `Expected value to be a string, but it was a ${typeof value}`,
      );
    case 'CLASS':
      throw invalidValue(name, value, 'Expected a Class instance or class name.');
  }
}

const EXPECTED = {
  SHORT: 'a 16-bit integer (short)',
  INT: 'a 32-bit integer',
  LONG: 'a 64-bit integer (long)',
} as const;

/** A parsed value as text, the way REST answers show it; null stays null. */
export function configValueToString(value: unknown, type: ConfigType): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'number' && type !== 'DOUBLE' ? String(value) : describeValue(value);
}
