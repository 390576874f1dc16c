// Topic keys of Kafka 4.3, with the broker keys that stand in where a topic has no value of its own (`synonyms`,
// in order; the number turns the broker's unit into the topic's).

import {
  honoured,
  accepted,
  refused,
  int,
  long,
  double,
  bool,
  string,
  list,
  clusterWide,
  THROTTLED_REPLICAS,
} from '../config-key.ts';
import type { ConfigKey } from '../config-key.ts';
import { NO_CLEANER, NO_NEED, NO_REPLICATION, NO_TIERS } from './reasons.ts';

/** Topic keys of Kafka 4. */
export const TOPIC_KEYS: readonly ConfigKey[] = [
  honoured(
    'cleanup.policy',
    clusterWide,
    list('delete', { oneOf: ['compact', 'delete'] }),
    'delete, compact or both; compacted topics keep everything until the cleaner is served.',
    { synonyms: ['log.cleanup.policy'] },
  ),
  honoured(
    'compression.gzip.level',
    clusterWide,
    int('-1', { oneOf: ['-1', '1', '2', '3', '4', '5', '6', '7', '8', '9'] }),
    'Level at which batches are stored with gzip.',
    { synonyms: ['compression.gzip.level'] },
  ),
  honoured(
    'compression.lz4.level',
    clusterWide,
    int('9', { min: 1, max: 17 }),
    'Level at which batches are stored with lz4.',
    {
      synonyms: ['compression.lz4.level'],
    },
  ),
  honoured(
    'compression.type',
    clusterWide,
    string('producer', { oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] }),
    'Codec that batches are stored with; producer keeps what the producer chose.',
    { synonyms: ['compression.type'] },
  ),
  honoured(
    'compression.zstd.level',
    clusterWide,
    int('3', { min: -131072, max: 22 }),
    'Level at which batches are stored with zstd.',
    { synonyms: ['compression.zstd.level'] },
  ),
  accepted('delete.retention.ms', clusterWide, long('86400000', { min: 0 }), NO_CLEANER, {
    synonyms: ['log.cleaner.delete.retention.ms'],
  }),
  honoured(
    'file.delete.delay.ms',
    clusterWide,
    long('60000', { min: 0 }),
    "How long a deleted segment's files stay before they are removed.",
    { synonyms: ['log.segment.delete.delay.ms'] },
  ),
  honoured(
    'flush.messages',
    clusterWide,
    long('9223372036854775807', { min: 1 }),
    'Records after which they are forced to disk; 1 acknowledges nothing that is not on disk.',
    { synonyms: ['log.flush.interval.messages'] },
  ),
  honoured(
    'flush.ms',
    clusterWide,
    long('9223372036854775807', { min: 0 }),
    'Longest time that records wait in memory before they are forced to disk.',
    { synonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'] },
  ),
  accepted(
    'follower.replication.throttled.replicas',
    clusterWide,
    list('', { pattern: THROTTLED_REPLICAS }),
    NO_REPLICATION,
  ),
  honoured(
    'index.interval.bytes',
    clusterWide,
    int('4096', { min: 0 }),
    'Bytes of log between two index entries.',
    { synonyms: ['log.index.interval.bytes'] },
  ),
  honoured(
    'internal.segment.bytes',
    clusterWide,
    int(null),
    'Segment size without the lower bound of segment.bytes; for tests.',
    { internal: true },
  ),
  accepted(
    'leader.replication.throttled.replicas',
    clusterWide,
    list('', { pattern: THROTTLED_REPLICAS }),
    NO_REPLICATION,
  ),
  accepted('local.retention.bytes', clusterWide, long('-2', { min: -2 }), NO_TIERS, {
    synonyms: ['log.local.retention.bytes'],
  }),
  accepted('local.retention.ms', clusterWide, long('-2', { min: -2 }), NO_TIERS, {
    synonyms: ['log.local.retention.ms'],
  }),
  accepted(
    'max.compaction.lag.ms',
    clusterWide,
    long('9223372036854775807', { min: 1 }),
    NO_CLEANER,
    { synonyms: ['log.cleaner.max.compaction.lag.ms'] },
  ),
  honoured(
    'max.message.bytes',
    clusterWide,
    int('1048588', { min: 0 }),
    'Largest record batch that a producer may send.',
    { synonyms: ['message.max.bytes'] },
  ),
  honoured(
    'message.timestamp.after.max.ms',
    clusterWide,
    long('3600000', { min: 0 }),
    "How far ahead of the broker's clock a record's timestamp may be.",
    { synonyms: ['log.message.timestamp.after.max.ms'] },
  ),
  honoured(
    'message.timestamp.before.max.ms',
    clusterWide,
    long('9223372036854775807', { min: 0 }),
    "How far behind the broker's clock a record's timestamp may be.",
    { synonyms: ['log.message.timestamp.before.max.ms'] },
  ),
  honoured(
    'message.timestamp.type',
    clusterWide,
    string('CreateTime', { oneOf: ['CreateTime', 'LogAppendTime'] }),
    "Whether records keep the producer's timestamp or get the broker's.",
    { synonyms: ['log.message.timestamp.type'] },
  ),
  accepted(
    'min.cleanable.dirty.ratio',
    clusterWide,
    double('0.5', { min: 0, max: 1 }),
    NO_CLEANER,
    { synonyms: ['log.cleaner.min.cleanable.ratio'] },
  ),
  accepted('min.compaction.lag.ms', clusterWide, long('0', { min: 0 }), NO_CLEANER, {
    synonyms: ['log.cleaner.min.compaction.lag.ms'],
  }),
  honoured(
    'min.insync.replicas',
    clusterWide,
    int('1', { min: 1 }),
    'Replicas in sync that a write with acks=all needs.',
    { synonyms: ['min.insync.replicas'] },
  ),
  accepted('preallocate', clusterWide, bool('false'), NO_NEED, { synonyms: ['log.preallocate'] }),
  accepted('remote.log.copy.disable', clusterWide, bool('false'), NO_TIERS),
  accepted('remote.log.delete.on.disable', clusterWide, bool('false'), NO_TIERS),
  refused('remote.storage.enable', clusterWide, bool('false'), NO_TIERS),
  honoured(
    'retention.bytes',
    clusterWide,
    long('-1'),
    'Size of a partition above which old segments are deleted; -1 for no limit.',
    { synonyms: ['log.retention.bytes'] },
  ),
  honoured(
    'retention.ms',
    clusterWide,
    long('604800000', { min: -1 }),
    'Age at which segments are deleted; -1 for no limit.',
    {
      synonyms: [
        'log.retention.ms',
        ['log.retention.minutes', 60000],
        ['log.retention.hours', 3600000],
      ],
    },
  ),
  honoured(
    'segment.bytes',
    clusterWide,
    int('1073741824', { min: 1048576 }),
    'Size at which the active segment is closed.',
    { synonyms: ['log.segment.bytes'] },
  ),
  honoured(
    'segment.index.bytes',
    clusterWide,
    int('10485760', { min: 4 }),
    'Size at which an index file makes its segment roll.',
    { synonyms: ['log.index.size.max.bytes'] },
  ),
  honoured(
    'segment.jitter.ms',
    clusterWide,
    long('0', { min: 0 }),
    'Most of segment.ms that is left out at random, so that segments do not all roll at once.',
    {
      synonyms: ['log.roll.jitter.ms', ['log.roll.jitter.hours', 3600000]],
    },
  ),
  honoured(
    'segment.ms',
    clusterWide,
    long('604800000', { min: 1 }),
    'Age at which the active segment is closed.',
    { synonyms: ['log.roll.ms', ['log.roll.hours', 3600000]] },
  ),
  accepted('unclean.leader.election.enable', clusterWide, bool('false'), NO_REPLICATION, {
    synonyms: ['unclean.leader.election.enable'],
  }),
];
