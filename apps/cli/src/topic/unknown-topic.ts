// "No topic oders. Did you mean orders?"
import type { Admin } from '@ottla/client';
import { CliError, errorNameOf } from '../cli-error.ts';
import { nearestNames } from '../nearest-names.ts';

/** A better error in place of `error` when that says that the topic is unknown, else `error` itself. */
export async function explainUnknownTopic(
  admin: Admin,
  topic: string,
  error: unknown,
): Promise<unknown> {
  if (errorNameOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') return error;
  const names = (await admin.listTopics()).map(({ name }) => name);
  return unknownTopic(topic, names);
}

/** There is no such topic; with the nearest names. */
export function unknownTopic(topic: string, names: Iterable<string>): CliError {
  const near = nearestNames(topic, names);
  return new CliError(
    `there is no topic "${topic}"`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : `Create it with \`ottla topic create ${topic}\`, or see what there is with \`ottla topic list\`.`,
  );
}
