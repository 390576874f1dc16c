// What tests get when they import `fast-check`: the library, from a seed that is fixed, so that a change is never
// refused for what it did not touch. Searching for new counterexamples is a run of its own:
//
//   PROPERTY_SEED=random PROPERTY_RUNS=50 npm test -- --project @ottla/metadata --testTimeout 600000
//
// takes new histories, fifty times as many; a failure prints the seed and path that fast-check goes back to.
import original, { type IProperty, type IAsyncProperty, type Parameters } from 'fast-check';

const SEED = 1;
const { PROPERTY_SEED = String(SEED), PROPERTY_RUNS = '1' } = process.env;
const factor = Number(PROPERTY_RUNS);
const { numRuns: RUNS = 100, ...globals } = original.readConfigureGlobal();

original.configureGlobal({
  ...globals,
  numRuns: RUNS * factor,
  ...(PROPERTY_SEED === 'random' ? {} : { seed: Number(PROPERTY_SEED) }),
});

function assert<T>(property: IProperty<T>, parameters?: Parameters<T>): void;
function assert<T>(property: IAsyncProperty<T>, parameters?: Parameters<T>): Promise<void>;
function assert<T>(
  property: IProperty<T> | IAsyncProperty<T>,
  parameters: Parameters<T> = {},
): void | Promise<void> {
  const { numRuns, ...others } = parameters;
  if (numRuns === undefined) return original.assert(property, others);
  return original.assert(property, { ...others, numRuns: numRuns * factor });
}

export * from 'fast-check';
export default { ...original, assert };
