// What clients send, checked. As Kafka's REST API: numbers and booleans become texts, what is no object at all, or has fields
// that are none, is an error of status 500.
import { HttpError } from './answer.ts';

type Json = Readonly<Record<string, unknown>>;

/** A flat map of texts; null values are kept. @throws HttpError 500 */
export function textMap(body: unknown, what: string): Record<string, string | null> {
  const map = object(body, what);
  return Object.fromEntries(
    Object.entries(map).map(([name, value]) => [name, textOrNull(value, `${what}.${name}`)]),
  );
}

/** An object. @throws HttpError 500 */
export function object(body: unknown, what: string): Json {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HttpError(500, `Cannot read ${what}: a JSON object is needed`);
  return body as Json;
}

/** Refuses fields that nobody reads. @throws HttpError 500 */
export function onlyFields(body: Json, known: readonly string[]): void {
  for (const name of Object.keys(body))
    if (!known.includes(name))
      throw new HttpError(
        500,
        `Unrecognized field "${name}" (${known.length} known properties: ${known.map((each) => `"${each}"`).join(', ')})`,
      );
}

export function textOrNull(value: unknown, what: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new HttpError(500, `Cannot read ${what}: a text is needed`);
}
