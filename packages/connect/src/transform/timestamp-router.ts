// Puts a record's time into the name of its topic. Kafka: org.apache.kafka.connect.transforms.TimestampRouter.
import { ConfigDef } from '../config/config-def.ts';
import { DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { DatePattern } from '../values/date-pattern.ts';
import type { Transformation } from './transformation.ts';

/** A record without a timestamp is an error. */
export class TimestampRouter implements Transformation {
  #topicFormat = '';
  #pattern = new DatePattern('');

  configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'topic.format',
        type: 'STRING',
        default: '${topic}-${timestamp}',
        importance: 'HIGH',
        documentation:
          'The new name; ${topic} and ${timestamp} stand for the old one and the time.',
      },
      {
        name: 'timestamp.format',
        type: 'STRING',
        default: 'yyyyMMdd',
        importance: 'HIGH',
        documentation: 'How the time is written, as a pattern of java.text.SimpleDateFormat. UTC.',
      },
    );
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    const config = this.configDef().parse(configs);
    this.#topicFormat = config.string('topic.format');
    this.#pattern = new DatePattern(config.string('timestamp.format'));
  }

  apply<R extends ConnectRecord>(record: R): R {
    const { timestamp, topic } = record;
    if (timestamp === null) throw new DataError(`Timestamp missing on a record of topic ${topic}`);
    const time = this.#pattern.format(new Date(timestamp));
    // One after the other, as Kafka: a topic may be called ${timestamp}.
    const named = this.#topicFormat.replaceAll('${topic}', () => topic);
    return record.newRecord({ topic: named.replaceAll('${timestamp}', () => time) });
  }
}
