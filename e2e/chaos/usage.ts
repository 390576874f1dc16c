// What `npm run chaos -- --help` says.
import type { Schedule } from './schedule.ts';

export function usage(schedules: readonly Schedule[]): string {
  const width = Math.max(...schedules.map(({ name }) => name.length));
  return `Breaks a cluster of three real processes under load, and judges what its clients saw.

npm run chaos -- [options]

  --minutes 60         of the whole run; the schedules share them (default 60)
  --schedule a,b       only these (default: all, listed below)
  --seed n             fixes victims and times, not the machine's scheduler (default: from the clock)
  --kafka              Apache Kafka 4.3.1 instead of Ottla: the control
  --no-java            only our own client
  --report file        where the JSON goes (default: with the histories)
  --histories folder   where the clients' histories and the nodes' logs go (default: a new folder for temporary files)

Examples:
  npm run chaos -- --schedule kill-leader,one-way --minutes 5 --seed 7
  npm run chaos -- --minutes 60 --kafka

Exit code 0: nothing speaks against Ottla; 1: something does; 2: a schedule could not be played, or the options are wrong.

Schedules:
${schedules.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`).join('\n')}`;
}
