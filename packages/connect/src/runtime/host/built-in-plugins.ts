// placeholder until the registry brings its own
import { JsonConverter } from '../../converter/json/json-converter.ts';
import { ByteArrayConverter, StringConverter } from '../../converter/plain-converters.ts';
import { SimpleHeaderConverter } from '../../converter/simple-header-converter.ts';
import type { Plugin } from '../../plugin/plugin.ts';

export const BUILT_IN_PLUGINS: readonly Plugin[] = [
  {
    type: 'converter',
    className: 'org.apache.kafka.connect.json.JsonConverter',
    version: '0.1.0',
    create: () => new JsonConverter(),
  },
  {
    type: 'converter',
    className: 'org.apache.kafka.connect.storage.StringConverter',
    version: '0.1.0',
    create: () => new StringConverter(),
  },
  {
    type: 'converter',
    className: 'org.apache.kafka.connect.converters.ByteArrayConverter',
    version: '0.1.0',
    create: () => new ByteArrayConverter(),
  },
  {
    type: 'header_converter',
    className: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    version: '0.1.0',
    create: () => new SimpleHeaderConverter(),
  },
];
