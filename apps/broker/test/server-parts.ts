// The way of tests and of the simulator to what a server is made of.
export type { ServerParts } from '../src/server/server-parts.ts';
export type { Partition } from '../src/replica/partition.ts';
