// Ottla's own broker keys: bounds that Kafka does not name, and the HTTP listener. See DESIGN §4.4: every queue has a
// bound with a name.

import { honoured, int, long, readOnly, string } from '../config-key.ts';
import type { ConfigKey } from '../config-key.ts';

/** Keys with the prefix `ottla.`. */
export const OTTLA_KEYS: readonly ConfigKey[] = [
  honoured(
    'ottla.default.replication.factor.max',
    readOnly,
    int('1', { min: 1 }),
    'Replicas of a topic that is created without a count, where default.replication.factor is not set: one for each registered broker, at most so many.',
  ),
  honoured(
    'ottla.leader.balance.delay.ms',
    readOnly,
    int('10000', { min: 0 }),
    'How long after a broker has come back leaders are balanced, besides leader.imbalance.check.interval.seconds; 0: only then.',
  ),
  honoured(
    'ottla.http.listener',
    readOnly,
    string(''),
    'Where /metrics, /healthz and /readyz are served, as host:port; empty for nowhere.',
  ),
  honoured(
    'ottla.request.receive.grace.ms',
    readOnly,
    int('5000', { min: 0 }),
    'How long a request may take to arrive, whatever its size, while others wait for its memory.',
  ),
  honoured(
    'ottla.request.receive.min.bytes.per.second',
    readOnly,
    int('65536', { min: 1 }),
    'Slower than this, after the grace, a request loses its connection while others wait for its memory.',
  ),
  honoured(
    'ottla.connection.requests.inflight.max',
    readOnly,
    int('100', { min: 1 }),
    'Requests of one connection that are being handled; its socket is paused at this many.',
  ),
  honoured(
    'ottla.connection.request.bytes.max',
    readOnly,
    int('16777216', { min: 1 }),
    "Bytes of one connection's requests that are being handled, one whatever its size; its socket is paused there.",
  ),
  honoured(
    'ottla.connection.response.buffer.bytes',
    readOnly,
    int('262144', { min: 65_536 }),
    'Response bytes of one connection that are in memory for its socket.',
  ),
  honoured(
    'ottla.purgatory.operations.max',
    readOnly,
    int('200000', { min: 1 }),
    'Requests that wait for a condition; one more is answered at once as if its time were up.',
  ),
  honoured(
    'ottla.decompressed.batch.max.bytes',
    readOnly,
    int('134217728', { min: 1 }),
    'Most bytes that one record batch may have after decompression.',
  ),
  honoured(
    'ottla.log.tail.cache.bytes',
    readOnly,
    long('8388608', { min: 0 }),
    'Memory for the newest records of all logs that this broker leads, together.',
  ),
  honoured(
    'ottla.log.open.files.max',
    readOnly,
    int('1024', { min: 16 }),
    'Log files that are kept open.',
  ),
];
