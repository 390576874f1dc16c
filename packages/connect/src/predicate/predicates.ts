// When a transformation applies. Kafka: org.apache.kafka.connect.transforms.predicates.
import { ConfigDef } from '../config/config-def.ts';
import { javaRegex, wholeMatcher } from '../config/java-regex.ts';
import { allOf, nonEmptyString, validRegex } from '../config/validators.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import type { Predicate } from '../transform/transformation.ts';

/** Records with a header of that key. */
export class HasHeaderKey implements Predicate {
  #key = '';

  configDef(): ConfigDef {
    return new ConfigDef({
      name: 'name',
      type: 'STRING',
      validator: nonEmptyString(),
      documentation: 'Key of the header.',
    });
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    this.#key = this.configDef().parse(configs).string('name');
  }

  test(record: ConnectRecord): boolean {
    return record.headers.lastWithName(this.#key) !== undefined;
  }
}

/** Records whose value is null. */
export class RecordIsTombstone implements Predicate {
  configDef(): ConfigDef {
    return new ConfigDef();
  }

  configure(): void {}

  test(record: ConnectRecord): boolean {
    return record.value === null;
  }
}

/** Records whose topic matches as a whole. */
export class TopicNameMatches implements Predicate {
  #pattern = /(?:)/;

  configDef(): ConfigDef {
    return new ConfigDef({
      name: 'pattern',
      type: 'STRING',
      validator: allOf(nonEmptyString(), validRegex()),
      documentation: 'A Java regular expression for the whole name of the topic.',
    });
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    const pattern = this.configDef().parse(configs).string('pattern');
    this.#pattern = wholeMatcher(javaRegex(pattern));
  }

  test(record: ConnectRecord): boolean {
    return this.#pattern.test(record.topic);
  }
}
