// npm run sim -- [--seeds 100] [--from 1] [--minutes M] [--brokers 1…9] [--jobs 1] [--verbose] [--trace] [--history file]
//                [--first] [--mutant 'its name']
// Reads the command line, plants a mutant when one is asked for, and only then loads what is simulated.
import { parseArgs } from 'node:util';
import { plant } from './plant.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    brokers: { type: 'string', default: '9' },
    jobs: { type: 'string', default: '1' },
    first: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    history: { type: 'string' },
    mutant: { type: 'string' },
    worker: { type: 'boolean', default: false },
  },
});

if (values.mutant !== undefined) plant(values.mutant);
const { runSeeds, serveSeeds } = await import('./run-seeds.ts');
if (values.worker) serveSeeds(values);
else process.exitCode = await runSeeds(values);
