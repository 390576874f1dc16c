import { describeDisk } from './disk.ts';
import { describeNet } from './net.ts';
import { describeTimeAndChance } from './time-and-chance.ts';
import { memoryWorld, nodeWorld, simulatedWorld } from './world.ts';

describeDisk(nodeWorld);
describeDisk(memoryWorld);
describeDisk(simulatedWorld);
describeNet(nodeWorld);
describeNet(simulatedWorld);
describeTimeAndChance(nodeWorld);
describeTimeAndChance(simulatedWorld);
