// The schemas, resolved: version ranges as numbers and cut to the versions that can occur, structs listed with what the
// emitters must know about them. Nothing here writes text.

import type {
  DefaultValue,
  Field,
  Fields,
  Message,
  Primitive,
  Struct,
  Versions,
} from '../../packages/protocol/schemas/notation.ts';

/** Both ends inclusive. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export type FieldType =
  | { readonly kind: 'primitive'; readonly of: Primitive }
  | { readonly kind: 'struct'; readonly of: StructModel }
  | { readonly kind: 'primitives'; readonly of: Primitive }
  | { readonly kind: 'structs'; readonly of: StructModel };

export interface FieldModel {
  readonly name: string;
  readonly type: FieldType;
  /** Versions in which it is on the wire, cut to those of its struct. */
  readonly range: Range;
  /** Versions in which null is allowed; `undefined` for never. */
  readonly nullable: Range | undefined;
  readonly default: DefaultValue | undefined;
  readonly tag: number | undefined;
  readonly ignorable: boolean;
  readonly neverCompact: boolean;
}

export interface StructModel {
  readonly name: string;
  /** Versions in which it can occur. */
  readonly range: Range;
  /** First flexible version of the message; Infinity for none. */
  readonly flexibleFrom: number;
  /** Fields without a tag, then fields with one by ascending tag. */
  readonly fields: readonly FieldModel[];
  readonly plain: readonly FieldModel[];
  readonly tagged: readonly FieldModel[];
  /** It or a struct inside has a records field. */
  readonly hasRecords: boolean;
  /** Its codec's functions must be told the version. */
  readonly needsVersion: boolean;
  /** Fewest bytes that one can take in any version. */
  readonly bytesMin: number;
}

export interface MessageModel {
  readonly struct: StructModel;
  readonly key: number | undefined;
  /** All structs, the message itself first, each once, in the order of their first use. */
  readonly structs: readonly StructModel[];
}

/** `'4-7'` → 4 to 7; `'4+'` → 4 to Infinity. */
export function parseVersions(versions: Versions): Range {
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(versions);
  if (match === null) throw new Error(`"${versions}" is not a range of versions`);
  const min = Number(match[1]);
  if (match[2] === '+') return { min, max: Infinity };
  return { min, max: match[3] === undefined ? min : Number(match[3]) };
}

/** What both have in common; `undefined` when nothing. */
export function intersect(a: Range, b: Range): Range | undefined {
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  return min <= max ? { min, max } : undefined;
}

export function covers(outer: Range, inner: Range): boolean {
  return outer.min <= inner.min && outer.max >= inner.max;
}

/** Resolves one message. */
export function resolveMessage(
  name: string,
  key: number | undefined,
  message: Message,
): MessageModel {
  const range = parseVersions(message.versions);
  const flexibleFrom = message.flexible === 'none' ? Infinity : parseVersions(message.flexible).min;
  const root: Struct = { name, fields: message.fields };
  const ranges = new Map<Struct, Range>();
  collectRanges(root, range, ranges);
  requireDistinctNames(name, [...ranges.keys()]);
  const resolved = new Map<Struct, StructModel>();
  const struct = resolveStruct(root, ranges, flexibleFrom, resolved);
  const structs = [...ranges.keys()].map((each) => resolved.get(each)!);
  return { struct, key, structs };
}

/** Which versions each struct can occur in: the union over its uses (uses are contiguous in Kafka's schemas). */
function collectRanges(struct: Struct, range: Range, ranges: Map<Struct, Range>): void {
  const known = ranges.get(struct);
  const union = known === undefined ? range : widen(known, range);
  ranges.set(struct, union);
  for (const field of Object.values(struct.fields)) {
    const inside = structOf(field);
    const common = intersect(parseVersions(field.versions), union);
    if (inside !== undefined && common !== undefined) collectRanges(inside, common, ranges);
  }
}

function widen(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function structOf(field: Field): Struct | undefined {
  const { type } = field;
  return type.kind !== 'primitive' && typeof type.of === 'object' ? type.of : undefined;
}

function requireDistinctNames(message: string, structs: readonly Struct[]): void {
  const names = structs.map((struct) => struct.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`${message} has two structs called ${twice}`);
}

function resolveStruct(
  struct: Struct,
  ranges: ReadonlyMap<Struct, Range>,
  flexibleFrom: number,
  resolved: Map<Struct, StructModel>,
): StructModel {
  const known = resolved.get(struct);
  if (known !== undefined) return known;
  const range = ranges.get(struct)!;
  const fields = resolveFields(struct.fields, range, (inside) =>
    resolveStruct(inside, ranges, flexibleFrom, resolved),
  );
  const plain = fields.filter((field) => field.tag === undefined);
  const tagged = fields
    .filter((field) => field.tag !== undefined)
    .toSorted((a, b) => a.tag! - b.tag!);
  const inside = fields.flatMap((field) => (isStruct(field.type) ? [field.type.of] : []));
  const model: StructModel = {
    name: struct.name,
    range,
    flexibleFrom,
    fields: [...plain, ...tagged],
    plain,
    tagged,
    hasRecords: fields.some(isRecords) || inside.some((each) => each.hasRecords),
    needsVersion:
      isMixed(flexibleFrom, range) ||
      fields.some((field) => !covers(field.range, range) || nullableSometimes(field)) ||
      inside.some((each) => each.needsVersion),
    bytesMin: fewestBytes(plain, range, flexibleFrom),
  };
  resolved.set(struct, model);
  return model;
}

function resolveFields(
  fields: Fields,
  range: Range,
  resolve: (struct: Struct) => StructModel,
): FieldModel[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const present = intersect(parseVersions(field.versions), range);
    if (present === undefined) return [];
    const { nullable } = field;
    return {
      name,
      type: resolveType(field, resolve),
      range: present,
      nullable:
        nullable === undefined
          ? undefined
          : nullable === true
            ? present
            : intersect(parseVersions(nullable), present),
      default: field.default,
      tag: field.tag,
      ignorable: field.ignorable ?? false,
      neverCompact: field.neverCompact ?? false,
    };
  });
}

function resolveType({ type }: Field, resolve: (struct: Struct) => StructModel): FieldType {
  switch (type.kind) {
    case 'primitive':
      return type;
    case 'struct':
      return { kind: 'struct', of: resolve(type.of) };
    case 'array':
      return typeof type.of === 'string'
        ? { kind: 'primitives', of: type.of }
        : { kind: 'structs', of: resolve(type.of) };
  }
}

export function isStruct(
  type: FieldType,
): type is Extract<FieldType, { kind: 'struct' | 'structs' }> {
  return type.kind === 'struct' || type.kind === 'structs';
}

function isRecords(field: FieldModel): boolean {
  return field.type.kind === 'primitive' && field.type.of === 'records';
}

/** Null is allowed in some of the field's versions only. */
export function nullableSometimes(field: FieldModel): boolean {
  return field.nullable !== undefined && !covers(field.nullable, field.range);
}

/** The versions in which a struct's tagged fields can occur. */
export function flexibleRange({ range, flexibleFrom }: StructModel): Range {
  return { min: Math.max(flexibleFrom, range.min), max: range.max };
}

/** Some of the versions are flexible and some are not. */
export function isMixed(flexibleFrom: number, range: Range): boolean {
  return flexibleFrom > range.min && flexibleFrom <= range.max;
}

/** Bytes of the types whose size is always the same. */
export const FIXED_BYTES: Readonly<Partial<Record<Primitive, number>>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  wideInt64: 8,
  float64: 8,
  uuid: 16,
};

function fewestBytes(plain: readonly FieldModel[], range: Range, flexibleFrom: number): number {
  let fewest = Infinity;
  for (let version = range.min; version <= range.max; version += 1) {
    const flexible = version >= flexibleFrom;
    let bytes = flexible ? 1 : 0;
    for (const field of plain)
      if (version >= field.range.min && version <= field.range.max)
        bytes += fewestFieldBytes(field, version, flexible);
    fewest = Math.min(fewest, bytes);
  }
  return Math.max(1, fewest);
}

function fewestFieldBytes(
  { type, nullable }: FieldModel,
  version: number,
  flexible: boolean,
): number {
  switch (type.kind) {
    case 'primitive':
      if (FIXED_BYTES[type.of] !== undefined) return FIXED_BYTES[type.of]!;
      return flexible ? 1 : type.of === 'string' ? 2 : 4;
    case 'struct':
      if (nullable !== undefined && version >= nullable.min) return 1;
      return type.of.bytesMin;
    case 'primitives':
    case 'structs':
      return flexible ? 1 : 4;
  }
}
