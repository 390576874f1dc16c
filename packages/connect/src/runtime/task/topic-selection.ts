// Which topics a sink reads: those it names, or all that match a pattern, looked up again now and then.
import type { Admin, ClientOptions } from '@ottla/client';
import type { Platform } from '@ottla/platform';
import { wholeMatcher } from '../../config/java-regex.ts';

export interface TopicSelection {
  /** The topics to read, when they are others than at the last call; else undefined. */
  changed(): Promise<readonly string[] | undefined>;
  close(): Promise<void>;
}

/** These topics, for good. */
export function namedTopics(topics: readonly string[]): TopicSelection {
  let isTold = false;
  return {
    async changed() {
      if (isTold) return undefined;
      isTold = true;
      return topics;
    },
    async close() {},
  };
}

/** Between two looks for new topics, milliseconds. Kafka's consumer sees them with its metadata, every five minutes. */
const LOOK_MS = 30_000;
/** While nothing matches. */
const FIRST_LOOK_MS = 1_000;

/** Topics of which the whole name matches; internal ones never do. */
export function matchingTopics(
  pattern: RegExp,
  options: ClientOptions,
  platform: Platform,
): TopicSelection {
  const whole = wholeMatcher(pattern);
  let admin: Admin | undefined;
  let known: readonly string[] = [];
  let nextLookMs = 0;
  return {
    async changed() {
      const nowMs = platform.clock.monotonicMs();
      if (nowMs < nextLookMs) return undefined;
      admin ??= new (await import('@ottla/client/admin')).Admin(options);
      const listed = await admin.listTopics();
      const found = listed
        .filter(({ name, isInternal }) => !isInternal && whole.test(name))
        .map(({ name }) => name)
        .sort();
      nextLookMs = nowMs + (found.length === 0 ? FIRST_LOOK_MS : LOOK_MS);
      if (found.join() === known.join()) return undefined;
      known = found;
      return found;
    },
    close: async () => admin?.close(),
  };
}
