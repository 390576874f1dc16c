import { nodePlatform } from '@ottla/platform';

/** Polls until the condition holds. @throws after the limit, naming what was waited for */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const { clock, timers } = nodePlatform();
  const deadlineMs = clock.monotonicMs() + limitMs;
  while (!(await condition())) {
    if (clock.monotonicMs() > deadlineMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await timers.sleep(25);
  }
}
