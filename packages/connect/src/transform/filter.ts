// Drops every record that its predicate lets through to it. Kafka: org.apache.kafka.connect.transforms.Filter.
import { ConfigDef } from '../config/config-def.ts';
import type { Transformation } from './transformation.ts';

export class Filter implements Transformation {
  configDef(): ConfigDef {
    return new ConfigDef();
  }

  configure(): void {}

  apply(): null {
    return null;
  }
}
