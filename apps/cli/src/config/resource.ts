// What has settings: a topic, one broker, or all brokers together.
import type { ConfigResource } from '@ottla/client';
import { usageError } from '../cli-error.ts';

/** As on the command line. */
export type ResourceKind = 'topic' | 'broker';

/** The name that stands for all brokers; on the wire it is empty. */
const ALL_BROKERS = 'default';

/** The resource as the admin wants it. */
export function resourceOf(kind: ResourceKind, name: string): ConfigResource {
  if (kind === 'topic') return { type: kind, name };
  if (name !== ALL_BROKERS && !/^\d+$/.test(name))
    throw usageError(
      `"${name}" is no broker`,
      `Give its id, or \`${ALL_BROKERS}\` for all brokers.`,
    );
  return { type: kind, name: name === ALL_BROKERS ? '' : String(Number(name)) };
}
