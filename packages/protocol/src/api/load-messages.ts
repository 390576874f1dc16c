// Loads codecs by API number when they are first needed: importing all of them at start would cost a process that
// meets a dozen APIs the time and the memory of ninety.

import { LOADERS } from '../gen/loaders.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { MessageCodec } from '../wire/message-codec.ts';

/** The two codecs of an API. What they hold depends on the API; typed access is by the module of its name. */
export interface ApiMessages {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly request: MessageCodec<any>;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly response: MessageCodec<any>;
}

const loading = new Map<number, Promise<ApiMessages>>();
const loaded = new Map<number, ApiMessages>();

/**
 * The codecs of an API; its module is imported the first time.
 *
 * @throws ProtocolError (`UNSUPPORTED`), as a rejection, when there is no such API
 */
export function loadMessages(apiKey: number): Promise<ApiMessages> {
  const known = loading.get(apiKey);
  if (known !== undefined) return known;
  const load = LOADERS[apiKey];
  if (load === undefined)
    return Promise.reject(new ProtocolError('UNSUPPORTED', `there is no API ${apiKey}`));
  const messages = load().then((codecs) => {
    loaded.set(apiKey, codecs);
    return codecs;
  });
  loading.set(apiKey, messages);
  return messages;
}

/** The codecs of an API if they are loaded already; otherwise call {@link loadMessages}. */
export function loadedMessages(apiKey: number): ApiMessages | undefined {
  return loaded.get(apiKey);
}
