// Random uuids (version 4) in Kafka's spelling. Kafka: Uuid.randomUuid.

import type { Random } from '@ottla/platform';
import { uuidFromBytes } from '@ottla/protocol';
import type { Uuid } from '@ottla/protocol';

/** One that does not begin with a dash, which command lines would take for an option. */
export function randomUuid(random: Pick<Random, 'bytes'>): Uuid {
  for (;;) {
    const bytes = random.bytes(16);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith('-')) return uuid;
  }
}
