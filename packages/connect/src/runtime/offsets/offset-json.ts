// Offsets as Kafka's JsonConverter writes them without schemas: whole numbers stay whole, bytes are base64, and characters
// are escaped as Jackson escapes them.

/** @throws TypeError for what JSON cannot hold */
export function offsetJson(value: unknown): Buffer {
  return Buffer.from(text(value), 'utf8');
}

/** @throws SyntaxError when the bytes are no JSON */
export function parseOffsetJson(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString('utf8'));
}

function text(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return String(value);
    case 'number':
    case 'boolean':
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Uint8Array) return quoted(Buffer.from(value).toString('base64'));
      if (Array.isArray(value)) return `[${value.map(text).join(',')}]`;
      return `{${Object.entries(value)
        .map(([name, each]) => `${quoted(name)}:${text(each)}`)
        .join(',')}}`;
    default:
      throw new TypeError(`an offset cannot hold a ${typeof value}`);
  }
}

/** Jackson writes control characters in capitals. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(/\\(u00[01][0-9a-f]|[^])/g, (all, escaped: string) =>
    escaped.startsWith('u00') ? `\\u00${escaped.slice(3).toUpperCase()}` : all,
  );
}
