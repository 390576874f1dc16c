// Replaces a struct or map by one of its fields. Kafka: org.apache.kafka.connect.transforms.ExtractField.
import { ConfigDef } from '../config/config-def.ts';
import type { ParsedConfig } from '../config/parsed-config.ts';
import { DataError } from '../errors.ts';
import type { ConnectRecord } from '../record/connect-record.ts';
import { FIELD_SYNTAX_VERSION, FieldPath } from './field-path.ts';
import {
  REPLACE_NULL_WITH_DEFAULT,
  requireMap,
  requireStruct,
  SideTransformation,
} from './record-side.ts';

const PURPOSE = 'field extraction';

/** `ExtractField$Key`, `ExtractField$Value`. Null stays null; a field that the schema lacks is an error. */
export class ExtractField extends SideTransformation {
  #name = '';
  #path = new FieldPath('', 'V1');
  #replaceNull = true;

  override configDef(): ConfigDef {
    return new ConfigDef(
      { name: 'field', type: 'STRING', documentation: 'The field to take out.' },
      REPLACE_NULL_WITH_DEFAULT,
      FIELD_SYNTAX_VERSION,
    );
  }

  protected override use(config: ParsedConfig): void {
    this.#name = config.string('field');
    this.#path = new FieldPath(this.#name, config.string('field.syntax.version'));
    this.#replaceNull = config.boolean('replace.null.with.default');
  }

  override apply<R extends ConnectRecord>(record: R): R {
    const schema = this.schemaOf(record);
    const value = this.valueOf(record);
    if (schema === null) {
      const extracted = value === null ? null : this.#path.valueOfMap(requireMap(value, PURPOSE));
      return this.withSide(record, null, extracted);
    }
    const struct = value === null ? null : requireStruct(value, PURPOSE);
    const field = this.#path.fieldOf(schema);
    if (field === undefined) throw new DataError(`Unknown field: ${this.#name}`);
    const extracted = struct && this.#path.valueOfStruct(struct, this.#replaceNull);
    return this.withSide(record, field.schema, extracted);
  }
}
