// `npm run sim`; usage.ts has its options.
// Reads the command line, plants a mutant when one is asked for, and only then loads what is simulated.
import { enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { plant } from './plant.ts';
import { USAGE } from './usage.ts';

const values = parseOptions();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

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

function parseOptions() {
  try {
    const { values: given } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
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
    return given;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
