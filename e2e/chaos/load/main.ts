// A load in a process of its own: it runs until standard input ends, and then until everything sent has an answer.
import { HistoryFile } from './history-file.ts';
import { parseLoadArguments } from './load-options.ts';
import { MemberLoad } from './member-load.ts';
import { ProducerLoad } from './producer-load.ts';

const options = parseLoadArguments(process.argv.slice(2));
const history = new HistoryFile(options.history);
const producers = Array.from(
  { length: options.producers },
  (_, index) => new ProducerLoad(options, history, index + 1),
);
const members = Array.from(
  { length: options.consumers },
  (_, index) => new MemberLoad(options, history, index + 1),
);
const producing = producers.map((producer) => producer.run());
const consuming = members.map((member) => member.run());

await new Promise((resolve) => process.stdin.on('end', resolve).resume());
for (const producer of producers) producer.stop();
await Promise.all(producing);
for (const member of members) member.stop();
await Promise.all(consuming);
await history.close();
