// What `npm run sim -- --help` says. The names of traits, aims and mutants are in the README and in the files that it names.
export const USAGE = `Runs whole clusters in virtual time with faults; one seed is one history, to the byte.

npm run sim -- [options]

  --seeds 100        how many (default 100)
  --from 1           from which on (default 1)
  --minutes m        no new seed after that
  --brokers 9        at most so many: 1, or 3 to 9 (default 9)
  --jobs 1           processes, one seed at a time in each (default 1)
  --first            stop at the first failure
  --verbose          a line for each seed; faults and log lines of all nodes with one job
  --trace            every event as well
  --history file     what clients did, for tools/history
  --traits names     elr, snapshots, voters, growth, topics, stretch, flips, segments; any (default: drawn) or none
  --aim name         faults after one promise only: elections, lonely or late
  --mutant 'name'    a bug of mutants.ts, planted while the sources load
  --thousand         a thousand brokers and a hundred thousand partitions; --brokers and --partitions change that

Examples:
  npm run sim -- --seeds 1000 --jobs 2
  npm run sim -- --seeds 1 --from 42 --verbose
  npm run sim -- --mutant 'skip truncation' --first

Exit code 0: no seed failed; 1: one did, and the command that replays it is printed; 2: the options are wrong.`;
