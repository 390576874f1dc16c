// A configuration that was read and checked. Kafka: AbstractConfig, SimpleConfig.
import { ConfigError } from '../errors.ts';
import { Password } from './config-type.ts';

/** Values by name, in their types. Each getter throws ConfigError when the config is not defined or of another type. */
export class ParsedConfig {
  readonly #values: ReadonlyMap<string, unknown>;
  /** What was handed in, undefined keys included. */
  readonly originals: Readonly<Record<string, unknown>>;

  constructor(values: ReadonlyMap<string, unknown>, originals: Readonly<Record<string, unknown>>) {
    this.#values = values;
    this.originals = originals;
  }

  get values(): ReadonlyMap<string, unknown> {
    return this.#values;
  }

  /** Any type; null when the config is not set and has no default. */
  get(name: string): unknown {
    if (!this.#values.has(name)) throw new ConfigError(`Unknown configuration '${name}'`);
    return this.#values.get(name) ?? null;
  }

  /** STRING, CLASS. */
  string(name: string): string {
    return this.stringOrNull(name) ?? this.#unset(name);
  }

  stringOrNull(name: string): string | null {
    return this.#typed(name, 'string', isString);
  }

  /** SHORT, INT, LONG, DOUBLE. */
  number(name: string): number {
    return this.numberOrNull(name) ?? this.#unset(name);
  }

  numberOrNull(name: string): number | null {
    return this.#typed(name, 'number', isNumber);
  }

  boolean(name: string): boolean {
    return this.#typed(name, 'boolean', isBoolean) ?? this.#unset(name);
  }

  list(name: string): readonly string[] {
    return this.#typed(name, 'list', isList) ?? [];
  }

  password(name: string): Password | null {
    return this.#typed(name, 'password', isPassword);
  }

  #typed<T>(name: string, type: string, is: (value: unknown) => value is T): T | null {
    const value = this.get(name);
    if (value === null || is(value)) return value;
    throw new ConfigError(`Configuration '${name}' is no ${type}`);
  }

  #unset(name: string): never {
    throw new ConfigError(`Configuration '${name}' has no value`);
  }
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isPassword = (value: unknown): value is Password => value instanceof Password;
const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((element) => typeof element === 'string');
