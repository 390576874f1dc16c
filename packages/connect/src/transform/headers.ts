// Transformations of headers alone. Kafka: org.apache.kafka.connect.transforms.{DropHeaders, InsertHeader}.
import { ConfigDef } from '../config/config-def.ts';
import { distinctList, nonNull } from '../config/validators.ts';
import { NULL_VALUE, type SchemaAndValue } from '../data/schema-and-value.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { parseText } from '../values/parse-text.ts';
import type { Transformation } from './transformation.ts';

/** Removes all headers of the given keys. */
export class DropHeaders implements Transformation {
  #keys: ReadonlySet<string> = new Set();

  configDef(): ConfigDef {
    return new ConfigDef({
      name: 'headers',
      type: 'LIST',
      validator: distinctList({ isEmptyAllowed: false }),
      importance: 'HIGH',
      documentation: 'Keys of the headers to remove.',
    });
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    this.#keys = new Set(this.configDef().parse(configs).list('headers'));
  }

  apply<R extends ConnectRecord>(record: R): R {
    const headers = [...record.headers].filter(({ key }) => !this.#keys.has(key));
    return record.newRecord({ headers });
  }
}

/** Adds a header with a fixed value, its type guessed. */
export class InsertHeader implements Transformation {
  #key = '';
  #literal: SchemaAndValue = NULL_VALUE;

  configDef(): ConfigDef {
    return new ConfigDef(
      {
        name: 'header',
        type: 'STRING',
        validator: nonNull(),
        importance: 'HIGH',
        documentation: 'Key of the header.',
      },
      {
        name: 'value.literal',
        type: 'STRING',
        validator: nonNull(),
        importance: 'HIGH',
        documentation: 'Value of the header; 1 is a number, true a boolean, [1,2] a list.',
      },
    );
  }

  configure(configs: Readonly<Record<string, unknown>>): void {
    const config = this.configDef().parse(configs);
    this.#key = config.string('header');
    this.#literal = parseText(config.string('value.literal'));
  }

  apply<R extends ConnectRecord>(record: R): R {
    const headers = [...record.headers, { key: this.#key, ...this.#literal }];
    return record.newRecord({ headers });
  }
}
