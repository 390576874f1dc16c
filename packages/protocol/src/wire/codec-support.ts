// The few things that all generated codecs share besides the primitives.

import { ProtocolError } from '../protocol-error.ts';

/** The default of bytes fields. */
export const EMPTY_BYTES: Buffer = Buffer.alloc(0);

/** @throws ProtocolError (`UNSUPPORTED`) unless the message has this version */
export function requireVersion(
  codec: { readonly name: string; readonly minVersion: number; readonly maxVersion: number },
  version: number,
): void {
  if (version < codec.minVersion || version > codec.maxVersion)
    throw new ProtocolError('UNSUPPORTED', `${codec.name} has no version ${version}`);
}

/** Refuses a value that the version cannot carry and that must not be dropped silently (KIP-482 calls it not ignorable). */
export function refuseField(field: string, version: number): never {
  throw new ProtocolError('UNSUPPORTED', `${field} cannot be sent in version ${version}`);
}

/** @throws ProtocolError (`UNSUPPORTED`) for null, in the versions of a nullable field that do not allow it */
export function notNull<T>(value: T | null, field: string): T {
  if (value === null)
    throw new ProtocolError('UNSUPPORTED', `${field} may not be null in this version`);
  return value;
}
