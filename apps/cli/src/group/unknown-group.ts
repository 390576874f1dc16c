// "No group biling. Did you mean billing?"
import type { Admin } from '@ottla/client';
import { CliError, errorNameOf } from '../cli-error.ts';
import { nearestNames } from '../nearest-names.ts';

/** A better error in place of `error` when that says that the group is unknown, else `error` itself. */
export async function explainUnknownGroup(
  admin: Admin,
  group: string,
  error: unknown,
): Promise<unknown> {
  return errorNameOf(error) === 'GROUP_ID_NOT_FOUND' ? unknownGroup(admin, group) : error;
}

/** There is no such group; with the nearest names. */
export async function unknownGroup(admin: Admin, group: string): Promise<CliError> {
  const near = nearestNames(
    group,
    (await admin.listGroups()).map(({ groupId }) => groupId),
  );
  return new CliError(
    `there is no group "${group}"`,
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : 'See what there is with `ottla group list`.',
  );
}
