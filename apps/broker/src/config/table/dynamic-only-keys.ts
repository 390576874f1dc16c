// Broker keys that exist only as dynamic configs.

import { accepted, honoured, long, perBroker } from '../config-key.ts';
import type { ConfigKey } from '../config-key.ts';
import { NO_MOVES } from './reasons.ts';

/** Broker keys that exist only as dynamic configs. */
export const DYNAMIC_ONLY_KEYS: readonly ConfigKey[] = [
  honoured(
    'follower.replication.throttled.rate',
    perBroker,
    long('9223372036854775807', { min: 0 }),
    'Bytes per second that throttled replicas take from leaders.',
  ),
  honoured(
    'leader.replication.throttled.rate',
    perBroker,
    long('9223372036854775807', { min: 0 }),
    'Bytes per second that leaders give to throttled replicas.',
  ),
  accepted(
    'replica.alter.log.dirs.io.max.bytes.per.second',
    perBroker,
    long('9223372036854775807', { min: 0 }),
    NO_MOVES,
  ),
];
