// A folder for one broker, under the system's temporary folder, through the Disk port.
import type { Platform } from '@ottla/platform';

/** A folder that is there until `remove`. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Creates an empty folder with a name that nobody else has. */
export async function temporaryFolder({ disk, random }: Platform): Promise<TemporaryFolder> {
  const base = process.env['TMPDIR'] ?? process.env['TEMP'] ?? '/tmp';
  const path = `${base.replaceAll('\\', '/').replace(/\/$/, '')}/ottla-${random.bytes(12).toString('hex')}`;
  await disk.mkdir(path);
  return { path, remove: () => disk.remove(path) };
}
