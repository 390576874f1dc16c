// Tagged fields of KIP-482 that this version's schema does not know. They are kept as raw bytes and written back, so
// that a message which only passes through loses nothing. A struct without any has no array at all.

/** One tagged field whose tag the schema does not know. */
export interface RawTaggedField {
  readonly tag: number;
  /** The field's bytes, a slice of the frame it came from. */
  readonly bytes: Buffer;
}

/**
 * How many unknown tagged fields one message may carry. Each costs about a hundred times its two bytes on the wire,
 * so twenty million of them (a 40 MB frame) would cost gigabytes; what clients send is none, or a few.
 */
export const UNKNOWN_TAGGED_FIELDS_MAX = 65_536;

/** Any decoded struct: where unknown tagged fields are kept. */
export interface Tagged {
  /** Absent when there are none. In ascending order of tag, each tag once, none that the schema knows. */
  unknownTaggedFields?: readonly RawTaggedField[] | undefined;
}

/** Adds a field, keeping ascending order; a repeated tag replaces the earlier one, as it does for known fields. */
export function addTaggedField(
  fields: readonly RawTaggedField[] | undefined,
  field: RawTaggedField,
): readonly RawTaggedField[] {
  if (fields === undefined) return [field];
  const last = fields.at(-1);
  if (last === undefined || last.tag < field.tag) {
    // The array was made here and is not yet seen by anyone else, so it may grow in place.
    (fields as RawTaggedField[]).push(field);
    return fields;
  }
  return [...fields.filter((other) => other.tag !== field.tag), field].sort(
    (a, b) => a.tag - b.tag,
  );
}
