// `--memory`: the in-memory disk under everything, with a cap.

import { memoryDisk } from '@ottla/platform';
import type { Platform } from '@ottla/platform';

/** Bytes of all topics' logs in memory mode, above which the oldest segments go. */
export const MEMORY_BYTES_DEFAULT: number = 256 * 1024 * 1024;

/** What memory mode wants of the configuration: segments small enough that dropping one frees little. */
export const MEMORY_PRESETS: Readonly<Record<string, string>> = {
  'log.segment.bytes': String(8 * 1024 * 1024),
  'offsets.topic.segment.bytes': String(8 * 1024 * 1024),
  'log.dirs': '/memory',
};

/** The disk itself holds twice the cap: what was appended since the last look, indexes, the metadata log. */
const DISK_FACTOR = 2;

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
