// The one question that every broker answers by itself, before anything else: whether it answers at all.

/** ApiVersions, version 0, without a client id: 4 bytes of length, then key, version, correlation id, −1. */
export const VERSIONS_QUESTION: Uint8Array = Buffer.from('0000000a0012000000000000ffff', 'hex');
