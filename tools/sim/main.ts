// npm run sim -- [--seeds 100] [--from 1] [--minutes M] [--brokers 1…9] [--jobs 1] [--verbose] [--trace] [--history file]
//                [--first] [--mutant 'its name'] [--traits any|none|stretch,snapshots,…] [--aim elections|lonely|late]
//             --thousand [--brokers 1000] [--partitions 100000] [--from 1]
// Reads the command line, plants a mutant when one is asked for, and only then loads what is simulated.
import { enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { plant } from './plant.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    brokers: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    first: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    history: { type: 'string' },
    mutant: { type: 'string' },
    aim: { type: 'string' },
    traits: { type: 'string', default: 'any' },
    thousand: { type: 'boolean', default: false },
    partitions: { type: 'string', default: '100000' },
    worker: { type: 'boolean', default: false },
  },
});

// To strip and compile a thousand modules takes as long as a seed.
enableCompileCache();
if (values.mutant !== undefined) plant(values.mutant);
if (values.thousand) {
  const { runThousand } = await import('./thousand.ts');
  const [seed, brokers] = [Number(values.from), Number(values.brokers ?? 1_000)];
  await runThousand({ seed, brokers, partitions: Number(values.partitions) });
} else {
  const { runSeeds, serveSeeds } = await import('./run-seeds.ts');
  const options = { ...values, brokers: values.brokers ?? '9' };
  if (values.worker) serveSeeds(options);
  else process.exitCode = await runSeeds(options);
}
