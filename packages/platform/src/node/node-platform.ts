// Node's ports, the default of every public constructor.
import type { Platform } from '../ports.ts';
import { nodeClock } from './clock.ts';
import type { WaterMarks } from './connection.ts';
import { NodeDisk } from './disk.ts';
import { nodeDns } from './dns.ts';
import { NodeNet } from './net.ts';
import { nodeRandom } from './random.ts';
import { NodeThreads } from './threads.ts';
import { nodeTimers } from './timers.ts';

let shared: Platform | undefined;

/** The real world, one for the process: nothing in it is started before it is used. */
export function nodePlatform(): Platform {
  shared ??= createNodePlatform();
  return shared;
}

/** A real world of its own, for those who want other water marks or a thread pool to close. */
export function createNodePlatform(options: { waterMarks?: Partial<WaterMarks> } = {}): Platform {
  return {
    clock: nodeClock,
    timers: nodeTimers,
    random: nodeRandom,
    disk: new NodeDisk(),
    net: new NodeNet(options.waterMarks),
    dns: nodeDns,
    threads: new NodeThreads(),
  };
}
