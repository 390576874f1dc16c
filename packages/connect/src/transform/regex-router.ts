// Renames topics by a regular expression. Kafka: org.apache.kafka.connect.transforms.RegexRouter.
import { ConfigDef } from '../config/config-def.ts';
import { expandReplacement, javaRegex, matchesWhole } from '../config/java-regex.ts';
import { validRegex } from '../config/validators.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import type { Transformation } from './transformation.ts';

/** Only topics that match as a whole are renamed; in them the first match is replaced, with Java's `$1` and `${name}`. */
export class RegexRouter implements Transformation {
  #regex = /(?:)/;
  #replacement = '';

  configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'regex',
        type: 'STRING',
        validator: validRegex(),
        importance: 'HIGH',
        documentation: 'What a topic must look like, as a Java regular expression.',
      },
      {
        name: 'replacement',
        type: 'STRING',
        importance: 'HIGH',
        documentation: 'What takes its place; $1 stands for the first group.',
      },
    );
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    const config = this.configDef().parse(configs);
    this.#regex = javaRegex(config.string('regex'));
    this.#replacement = config.string('replacement');
  }

  apply<R extends ConnectRecord>(record: R): R {
    const { topic } = record;
    if (!matchesWhole(this.#regex, topic)) return record;
    const match = this.#regex.exec(topic);
    if (match === null) return record;
    const before = topic.slice(0, match.index);
    const after = topic.slice(match.index + match[0].length);
    const renamed = before + expandReplacement(this.#replacement, match) + after;
    return record.newRecord({ topic: renamed });
  }
}
