// Small draws from a seeded source.
import type { Random } from '../ports.ts';
import type { Range } from './world.ts';

/** Uniform in the range. */
export function within(random: Random, { min, max }: Range): number {
  return min + (max - min) * random.float();
}

/** True with that probability; draws nothing for 0, so that turning a fault off does not move the others. */
export function happens(random: Random, probability: number): boolean {
  return probability > 0 && random.float() < probability;
}

/** The promise of an ended life. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
