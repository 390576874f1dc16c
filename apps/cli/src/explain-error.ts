// Any failure in one or two lines: what happened and why, then what to do next. Never a stack, unless OTTLA_DEBUG=1.
import { CliError, EXIT } from './cli-error.ts';
import type { CliIo } from './io.ts';

/** What is said about a failure. */
export interface Explanation {
  readonly message: string;
  readonly next: string | undefined;
  readonly exitCode: number;
}

/** Says it on standard error. @returns the exit code */
export function reportError(error: unknown, io: CliIo): number {
  const { message, next, exitCode } = explainError(error);
  void io.stderr.write(`ottla: ${message}\n`);
  if (next !== undefined) void io.stderr.write(`${next}\n`);
  if (io.env['OTTLA_DEBUG'] === '1') void io.stderr.write(`${stackOf(error)}\n`);
  return exitCode;
}

/** Puts an error of ours, of the client, of the broker or of the system into words. */
export function explainError(error: unknown): Explanation {
  if (error instanceof CliError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  // Both say in one line what to do.
  if (name === 'ConfigError' || name === 'StartError')
    return { message: oneLine(message), next: nextOfConfig(message), exitCode: exitCodeOf(error) };
  const code = codeOf(error);
  return {
    message: oneLine(message),
    next: code === undefined ? undefined : NEXT_STEPS[code],
    exitCode: EXIT.failed,
  };
}

/** The flag is ours; the rest is in the message. */
function nextOfConfig(message: string): string | undefined {
  return /Unknown broker config name/.test(message)
    ? 'Keys of plug-ins pass with --allow-unknown; they have no effect.'
    : undefined;
}

/** A StartError knows it; a ConfigError is always the user's. */
function exitCodeOf(error: unknown): number {
  const { exitCode } = error as { readonly exitCode?: unknown };
  return typeof exitCode === 'number' ? exitCode : EXIT.usage;
}

/** By the code of the innermost cause that has a step of its own. */
function codeOf(error: unknown): string | undefined {
  let found: string | undefined;
  // Causes form a chain, but nothing stops somebody from closing it into a circle.
  for (let depth = 0; error instanceof Error && depth < 10; depth += 1) {
    const { code } = error as Error & { readonly code?: unknown };
    if (typeof code === 'string' && code in NEXT_STEPS) found = code;
    error = error.cause;
  }
  return found;
}

const NEXT_STEPS: Readonly<Record<string, string>> = {
  // Of a broker that the cluster named: some broker was reached before.
  ECONNREFUSED: '`ottla cluster status` shows which brokers are active.',
  ENOTFOUND: 'Check the host name given to --bootstrap-server.',
  EAI_AGAIN: 'Check the host name given to --bootstrap-server, and the network.',
  ETIMEDOUT: 'Check the address given to --bootstrap-server and any firewall between.',
  ECONNRESET: 'Is that a Kafka broker without TLS? Check the port given to --bootstrap-server.',
  UNKNOWN_TOPIC_OR_PARTITION: 'See what there is with `ottla topic list --internal`.',
  TOPIC_ALREADY_EXISTS:
    'Use --if-not-exists to accept that, or `ottla topic alter` to add partitions.',
  INVALID_REPLICATION_FACTOR:
    'See how many brokers are active with `ottla cluster status`, or ask for fewer replicas with --replication-factor.',
  LEADER_NOT_AVAILABLE:
    'Start the brokers that are down; `ottla topic describe` shows who may lead.',
  INVALID_PARTITIONS: 'See the number it has with `ottla topic describe`; it can only grow.',
  NON_EMPTY_GROUP: 'Stop the members of the group first; `ottla group describe` shows them.',
  GROUP_ID_NOT_FOUND: 'See what there is with `ottla group list`.',
  MESSAGE_TOO_LARGE: "Raise the topic's max.message.bytes with `ottla config alter`, or compress.",
  RECORD_LIST_TOO_LARGE: "Raise the topic's segment.bytes with `ottla config alter`.",
  UNSUPPORTED_VERSION:
    'The broker is too old for this command, or that is where controllers are reached: name a broker.',
  BROKER_NOT_AVAILABLE: '`ottla cluster status` shows which brokers there are.',
  INVALID_TIMESTAMP:
    'Leave timestamps out with --no-keep-timestamp, or raise message.timestamp.after.max.ms of the topic.',
  NOT_ENOUGH_REPLICAS:
    'Start brokers that are down, or lower min.insync.replicas of the topic; `ottla topic describe` shows who is in sync.',
  REQUEST_TIMED_OUT:
    '`ottla cluster status` shows which brokers are active, and whether there is a controller.',
  DELIVERY_TIMED_OUT: '`ottla cluster status` shows which brokers are active.',
  ENOENT: 'Check the path.',
};

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
