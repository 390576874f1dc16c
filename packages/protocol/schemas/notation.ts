// The notation in which Kafka's messages are written down here: plain TypeScript that only builds data, read by
// tools/codegen. Versions are ranges of the *message's* versions ('3', '4-7', '9+'). A field that gives none exists in
// all. See docs/decisions/0003-schema-notation.md.

/** `'3'`, `'4-7'` (both inclusive) or `'9+'`. */
export type Versions = `${number}` | `${number}-${number}` | `${number}+`;

/** Types of one value that are neither an array nor a struct. */
export type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'wideInt64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records';

/** A named group of fields. */
export interface Struct {
  readonly name: string;
  readonly fields: Fields;
}

/** Fields by name, in the order of the wire. */
export type Fields = Readonly<Record<string, Field>>;

export type DefaultValue = number | bigint | string | boolean | null;

export interface FieldOptions {
  /** Where null is allowed: everywhere (`true`) or in some versions. */
  readonly nullable?: true | Versions;
  /** The value of a field that is absent; otherwise 0, false, '', the zero id, an empty array. */
  readonly default?: DefaultValue;
  /** Present: the field is a tagged one of KIP-482. */
  readonly tag?: number;
  /** May be left out silently where the version does not have it; otherwise only its default may be. */
  readonly ignorable?: true;
  /** Keeps the encoding of old versions in flexible ones too (only RequestHeader.clientId). */
  readonly neverCompact?: true;
}

export interface Field extends FieldOptions {
  readonly versions: Versions;
  readonly type:
    | { readonly kind: 'primitive'; readonly of: Primitive }
    | { readonly kind: 'struct'; readonly of: Struct }
    | { readonly kind: 'array'; readonly of: Primitive | Struct };
}

/** What an array may hold; nothing in Kafka is an array of records or of whole-range integers. */
type Element = Exclude<Primitive, 'wideInt64' | 'records'>;
type FieldMaker = (versions?: Versions, options?: FieldOptions) => Field;

function primitive(of: Primitive): FieldMaker {
  return (versions = '0+', options = {}) => ({
    versions,
    type: { kind: 'primitive', of },
    ...options,
  });
}

export const bool: FieldMaker = primitive('bool');
export const int8: FieldMaker = primitive('int8');
export const int16: FieldMaker = primitive('int16');
export const uint16: FieldMaker = primitive('uint16');
export const int32: FieldMaker = primitive('int32');
export const uint32: FieldMaker = primitive('uint32');
/** A number: an offset, a timestamp, a size, an id. Values beyond 2^53−1 are refused. */
export const int64: FieldMaker = primitive('int64');
/** A bigint, where Kafka really uses the whole range: hashes, "no limit" as 2^63−1. */
export const wideInt64: FieldMaker = primitive('wideInt64');
export const float64: FieldMaker = primitive('float64');
export const uuid: FieldMaker = primitive('uuid');
export const string: FieldMaker = primitive('string');
export const bytes: FieldMaker = primitive('bytes');
/** Record batches, which are spliced into the message rather than copied. */
export const records: FieldMaker = primitive('records');

/** A struct that more than one field uses; others are written where they are used. */
export function struct(name: string, fields: Fields): Struct {
  return { name, fields };
}

/** Versions, or versions together with options, for the fields whose own fields follow. */
export type When = Versions | ({ readonly versions: Versions } & FieldOptions);

/** A field that holds one struct: `embed('4+', 'Name', { … })` or `embed('4+', shared)`. */
export function embed(when: When, name: string, fields: Fields): Field;
export function embed(when: When, shared: Struct): Field;
export function embed(when: When, of: string | Struct, fields: Fields = {}): Field {
  return { ...options(when), type: { kind: 'struct', of: structOf(of, fields) } };
}

/** A field that holds an array of structs: `structs('4+', 'Name', { … })` or `structs('4+', shared)`. */
export function structs(when: When, name: string, fields: Fields): Field;
export function structs(when: When, shared: Struct): Field;
export function structs(when: When, of: string | Struct, fields: Fields = {}): Field {
  return { ...options(when), type: { kind: 'array', of: structOf(of, fields) } };
}

/** A field that holds an array of primitives. */
export function array(versions: Versions, of: Element, options: FieldOptions = {}): Field {
  return { versions, type: { kind: 'array', of }, ...options };
}

function options(when: When): { readonly versions: Versions } & FieldOptions {
  return typeof when === 'string' ? { versions: when } : when;
}

function structOf(of: string | Struct, fields: Fields): Struct {
  return typeof of === 'string' ? { name: of, fields } : of;
}

/** One message with its versions. */
export interface Message {
  readonly versions: Versions;
  /** Versions with compact lengths and tagged fields (KIP-482). */
  readonly flexible: Versions | 'none';
  readonly fields: Fields;
}

/**
 * @param versions all that there are
 * @param flexible those with compact lengths and tagged fields
 */
export function message(versions: Versions, flexible: Versions | 'none', fields: Fields): Message {
  return { versions, flexible, fields };
}

export type Listener = 'broker' | 'controller';

/** A request and its response. */
export interface Api {
  readonly kind: 'api';
  readonly key: number;
  readonly name: string;
  /** Where a server answers it. */
  readonly listeners: readonly Listener[];
  /** Only for brokers and controllers among themselves (needs CLUSTER_ACTION). */
  readonly clusterAction?: true;
  /** A broker may pass it on to the controller inside an Envelope. */
  readonly forwardable?: true;
  /** The last version of the request is not stable yet and not advertised. */
  readonly latestUnstable?: true;
  readonly request: Message;
  readonly response: Message;
}

export function api(definition: Omit<Api, 'kind'>): Api {
  return { kind: 'api', ...definition };
}

/** A schema that is not a request or response: a header, a record's key or value, a protocol's payload, a file. */
export interface Standalone {
  readonly kind: 'standalone';
  readonly name: string;
  /** The type's number where Kafka gives it one. */
  readonly key?: number;
  readonly message: Message;
}

export function standalone(definition: Omit<Standalone, 'kind'>): Standalone {
  return { kind: 'standalone', ...definition };
}

/** APIs that have a number but no versions any more. */
export interface RemovedApis {
  readonly kind: 'removed';
  readonly apis: readonly { readonly key: number; readonly name: string }[];
}

export function removedApis(apis: RemovedApis['apis']): RemovedApis {
  return { kind: 'removed', apis };
}

export type Schema = Api | Standalone | RemovedApis;
