// The only door of @ottla/connect-worker.
export { type ConnectorRequest, parseConnectorFile } from './connector-file.ts';
export {
  type ConnectWorkerOptions,
  type RunningConnectWorker,
  startConnectWorker,
} from './start-connect-worker.ts';
export { parseProperties } from '@ottla/connect/runtime';
