// How error messages name a value that does not fit.

/** For messages: `string "abc"`, `number 1.5`, `Map`. Long texts are cut. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'object':
      return value.constructor?.name ?? 'object';
    case 'string':
      return `string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case 'number':
    case 'bigint':
    case 'boolean':
      return `${typeof value} ${value}`;
    default:
      return typeof value;
  }
}
