// `--topic orders` or `--topic orders:0,2`.
import { usageError } from '../cli-error.ts';

/** A topic, or some of its partitions. */
export interface TopicSelection {
  readonly topic: string;
  /** Undefined for all. */
  readonly partitions: readonly number[] | undefined;
}

/** @throws CliError when the partitions are no numbers */
export function parseTopicSelection(text: string): TopicSelection {
  const [topic = '', list, ...more] = text.split(':');
  if (list === undefined) return { topic, partitions: undefined };
  const partitions = list.split(',');
  if (topic === '' || more.length > 0 || !partitions.every((one) => /^\d+$/.test(one)))
    throw usageError(`--topic ${text}: write a topic, or a topic with partitions like orders:0,2`);
  return { topic, partitions: partitions.map(Number) };
}
