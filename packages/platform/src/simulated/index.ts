// The door of @ottla/platform/simulated: a whole cluster in one process, in virtual time, from one seed.
export type * from './world.ts';
export { createSimulation } from './simulation.ts';
export { seededRandom } from '../random.ts';
export { SimulationError } from '../errors.ts';
