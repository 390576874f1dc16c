// Images as plain data, to be compared.
import { encodeMetadataRecord, imageRecords, type MetadataImage } from '../../src/index.ts';

/** Everything that an image says, but for how far it reaches: the bytes of its snapshot, in order. */
export function contentsOf(image: MetadataImage): string[] {
  return [...imageRecords(image)].map((record) => encodeMetadataRecord(record).toString('hex'));
}
