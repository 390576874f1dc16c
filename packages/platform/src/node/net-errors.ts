// Node's errors of sockets, TLS and DNS as `NetError`.
import { NetError } from '../errors.ts';

/** Keeps the code (`ECONNRESET`, `ERR_TLS_…`, `CERT_…`); `EIO` where Node gives none. */
export function toNetError(error: unknown, action: string): NetError {
  if (error instanceof NetError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new NetError(typeof code === 'string' ? code : 'EIO', `${action}: ${message}`, error);
}
