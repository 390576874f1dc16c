// The names of a log's files, as Kafka spells them. Kafka: LogFileUtils.

/** The kinds of files that belong to one base offset. */
export type SegmentFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot';

/** What the name of a file says. */
export interface SegmentFile {
  readonly baseOffset: number;
  readonly kind: SegmentFileKind;
}

/** Of files on their way out. */
export const DELETED_SUFFIX = '.deleted';
const OFFSET_DIGITS = 20;

/** `<directory>/00000000000000000042.log` and the like. */
export function segmentPath(directory: string, baseOffset: number, kind: SegmentFileKind): string {
  return `${directory}/${String(baseOffset).padStart(OFFSET_DIGITS, '0')}.${kind}`;
}

/** The base offset and kind of a file name, or undefined for any other file. */
export function parseSegmentFile(name: string): SegmentFile | undefined {
  const match = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/.exec(name);
  if (match === null) return undefined;
  const baseOffset = Number(match[1]);
  return Number.isSafeInteger(baseOffset)
    ? { baseOffset, kind: match[2] as SegmentFileKind }
    : undefined;
}
