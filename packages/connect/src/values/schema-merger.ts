// The schema that a list's elements have in common. Kafka: Values.SchemaMerger.
import type { Schema, SchemaType } from '../data/schema.ts';

/** Each holds every value of those before it. */
const WIDENING: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64'];

/** Numbers widen; other types must agree. */
export class SchemaMerger {
  #common: Schema | null = null;
  #isCompatible = true;

  /** Null and undefined, a null's schema, change nothing. */
  add(schema: Schema | null | undefined): void {
    if (schema === null || schema === undefined || !this.#isCompatible) return;
    this.#common = this.#common === null ? schema : merge(this.#common, schema);
    this.#isCompatible = this.#common !== null;
  }

  /** Null when nothing was added or there is none. */
  get schema(): Schema | null {
    return this.#common;
  }
}

function merge(previous: Schema, next: Schema): Schema | null {
  if (previous.type === next.type) {
    if (previous.optional === next.optional) return previous.optional ? previous : next;
    return previous.equals(next) ? previous : null;
  }
  const previousWidth = WIDENING.indexOf(previous.type);
  const nextWidth = WIDENING.indexOf(next.type);
  if (previousWidth < 0 || nextWidth < 0) return null;
  return previousWidth > nextWidth ? previous : next;
}
