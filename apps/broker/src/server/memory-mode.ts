// `--memory`: the in-memory disk under everything, with a cap.

import { memoryDisk } from '@ottla/platform';
import type { Platform } from '@ottla/platform';

/** Bytes of all topics' logs in memory mode, above which the oldest segments go. */
export const MEMORY_BYTES_DEFAULT: number = 256 * 1024 * 1024;

/** What memory mode wants of the configuration: small segments, whose memory is free as soon as they are dropped. */
export const MEMORY_PRESETS: Readonly<Record<string, string>> = {
  'log.segment.bytes': String(8 * 1024 * 1024),
  'offsets.topic.segment.bytes': String(8 * 1024 * 1024),
  'log.segment.delete.delay.ms': '0',
  'log.dirs': '/memory',
};

/** The disk itself takes more than the cap: what is appended between two looks at it, indexes, the metadata log. */
const DISK_FACTOR = 4;

/** @param bytesMax default {@link MEMORY_BYTES_DEFAULT} */
export function memoryPlatform(
  platform: Platform,
  bytesMax: number = MEMORY_BYTES_DEFAULT,
): Platform {
  const disk = memoryDisk({
    capacityBytes: DISK_FACTOR * bytesMax,
    nowMs: () => platform.clock.nowMs(),
  });
  return { ...platform, disk };
}
