// The only door of @ottla/connector-file, and the plugin module that a Connect worker imports.
import type { Plugin } from '@ottla/connect';
import { FileStreamSinkConnector } from './file-stream-sink-connector.ts';
import { FileStreamSinkTask } from './file-stream-sink-task.ts';
import { FileStreamSourceConnector } from './file-stream-source-connector.ts';
import { FileStreamSourceTask } from './file-stream-source-task.ts';
import { VERSION } from './version.ts';

export {
  FileStreamSinkConnector,
  FileStreamSinkTask,
  FileStreamSourceConnector,
  FileStreamSourceTask,
};

/** Both connectors, under the class names that Kafka gives them; `FileStreamSource` and `FileStreamSink` work as well. */
export const plugins: readonly Plugin[] = [
  {
    type: 'source',
    className: 'org.apache.kafka.connect.file.FileStreamSourceConnector',
    version: VERSION,
    create: () => new FileStreamSourceConnector(),
    createTask: () => new FileStreamSourceTask(),
  },
  {
    type: 'sink',
    className: 'org.apache.kafka.connect.file.FileStreamSinkConnector',
    version: VERSION,
    create: () => new FileStreamSinkConnector(),
    createTask: () => new FileStreamSinkTask(),
  },
];
