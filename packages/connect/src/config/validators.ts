// Checks of single configs, with Kafka's messages. Kafka: the validators inside ConfigDef, and transforms' RegexValidator.
import { ConfigError } from '../errors.ts';
import type { Validator } from './config-def.ts';
import { invalidValue } from './config-type.ts';
import { javaRegex } from './java-regex.ts';

/** A validator of a function and the text that documentation shows. */
export function validator(
  description: string,
  ensureValid: (name: string, value: unknown) => void,
): Validator {
  return { ensureValid, toString: () => description };
}

/** A number, `min` inclusive. */
export function atLeast(min: number): Validator {
  return range(min, undefined);
}

/** A number, both bounds inclusive. */
export function between(min: number, max: number): Validator {
  return range(min, max);
}

function range(min: number, max: number | undefined): Validator {
  return validator(max === undefined ? `[${min},...]` : `[${min},...,${max}]`, (name, value) => {
    if (typeof value !== 'number') throw invalidValue(name, value, 'Value must be non-null');
    if (value < min) throw invalidValue(name, value, `Value must be at least ${min}`);
    if (max !== undefined && value > max)
      throw invalidValue(name, value, `Value must be no more than ${max}`);
  });
}

/** One of these texts. */
export function oneOf(...valid: readonly string[]): Validator {
  return validator(`[${valid.join(', ')}]`, (name, value) => {
    if (!valid.includes(value as string))
      throw invalidValue(name, value, `String must be one of: ${valid.join(', ')}`);
  });
}

/** One of these texts, in whatever case. */
export function caseInsensitiveOneOf(...valid: readonly string[]): Validator {
  const upperCase = valid.map((text) => text.toUpperCase());
  return validator(`(case insensitive) [${upperCase.join(', ')}]`, (name, value) => {
    if (typeof value !== 'string' || !upperCase.includes(value.toUpperCase()))
      throw invalidValue(
        name,
        value,
        `String must be one of (case insensitive): ${upperCase.join(', ')}`,
      );
  });
}

/** Anything but null. */
export function nonNull(): Validator {
  return validator('non-null string', (name, value) => {
    if (value === null) throw invalidValue(name, 'null', 'entry must be non null');
  });
}

/** Null, or a text with something in it. */
export function nonEmptyString(): Validator {
  return validator('non-empty string', (name, value) => {
    if (value === '') throw invalidValue(name, value, 'String must be non-empty');
  });
}

/** For names: null, or a text without control characters. */
export function nonEmptyStringWithoutControlCharacters(): Validator {
  return validator('non-empty string without ISO control characters', (name, value) => {
    if (typeof value !== 'string') return;
    if (value === '') throw invalidValue(name, value, 'String may not be empty');
    const found = Array.from(value, (character) => character.codePointAt(0) ?? 0)

      .filter((code) => code <= 0x1f || (code >= 0x7f && code <= 0x9f));
    if (found.length > 0)
      throw invalidValue(
        name,
        value,
        `String may not contain control sequences but had the following ASCII chars: ${found.join(', ')}`,
      );
  });
}

/** A list with something in it. */
export function nonEmptyList(): Validator {
  return validator('non-empty list', (name, value) => {
    if (!Array.isArray(value) || value.length === 0) throw invalidValue(name, value, 'Empty list');
  });
}

/** A list in which no element is empty; one that occurs twice is dropped, or reported by validation. */
export function distinctList({ isEmptyAllowed }: { isEmptyAllowed: boolean }): Validator {
  const checks = validator('', (name, value) => {
    if (!Array.isArray(value))
      throw new ConfigError(`Configuration '${name}' values must not be null.`);
    if (!isEmptyAllowed && value.length === 0)
      throw new ConfigError(
        `Configuration '${name}' must not be empty. Valid values include: any non-empty value`,
      );
    if (new Set(value).size !== value.length)
      throw new ConfigError(`Configuration '${name}' values must not be duplicated.`);
    if (value.includes(''))
      throw new ConfigError(`Configuration '${name}' values must not be empty.`);
  });
  return { ...checks, dropsDuplicates: true };
}

/** A list of names, each once. */
export function uniqueAliases(kind: string): Validator {
  return validator(`unique ${kind}`, (name, value) => {
    if (!Array.isArray(value)) throw invalidValue(name, 'null', 'entry must be non null');
    if (new Set(value).size !== value.length)
      throw invalidValue(name, value, 'Duplicate alias provided.');
  });
}

/** A regular expression in Java's syntax that can be carried over; see `javaRegex`. */
export function validRegex(): Validator {
  return validator('valid regex', (name, value) => {
    try {
      javaRegex(String(value));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw invalidValue(name, value, `Invalid regex: ${error.message}`);
    }
  });
}

/** All of these, in order. */
export function allOf(...validators: readonly Validator[]): Validator {
  return validator(validators.join(', '), (name, value) => {
    for (const each of validators) each.ensureValid(name, value);
  });
}
