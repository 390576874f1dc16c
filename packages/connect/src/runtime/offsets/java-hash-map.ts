// The bytes that Java's ObjectOutputStream writes for a HashMap<byte[], byte[]>, and nothing else of Java's serialisation:
// the file in which Kafka's standalone worker keeps source offsets. Kafka: FileOffsetBackingStore; the grammar is chapter 6
// of the Java Object Serialization Specification.

/** A file that is not such a map. */
export class JavaFormatError extends Error {
  override readonly name = 'JavaFormatError';
  readonly code = 'NOT_AN_OFFSET_FILE';
}

/** A key with its value; null stands for Java's null. */
export type ByteEntry = readonly [key: Buffer | null, value: Buffer | null];

const MAGIC_AND_VERSION = 0xac_ed_00_05;
const TC = {
  null: 0x70,
  reference: 0x71,
  classDesc: 0x72,
  object: 0x73,
  array: 0x75,
  blockData: 0x77,
  endBlockData: 0x78,
} as const;
const BASE_HANDLE = 0x7e_00_00;
const HASH_MAP = { name: 'java.util.HashMap', serialVersion: '0507dac1c31660d1', flags: 3 };
const BYTE_ARRAY = { name: '[B', serialVersion: 'acf317f8060854e0', flags: 2 };
const LOAD_FACTOR = 0.75;
const BUCKETS_MIN = 16;

/** Handles in the order in which a map of this shape takes them: HashMap's class, the map, byte[]'s class, then arrays. */
const BYTE_ARRAY_CLASS_HANDLE = BASE_HANDLE + 2;

/** The file of a map, entries in the order given; Java's own order is by chance. */
export function writeJavaHashMap(entries: readonly ByteEntry[]): Buffer {
  const out = new ByteSink();
  let buckets = BUCKETS_MIN;
  while (entries.length > buckets * LOAD_FACTOR) buckets *= 2;
  out.uint32(MAGIC_AND_VERSION);
  out.byte(TC.object);
  writeClass(out, HASH_MAP, [
    ['F', 'loadFactor'],
    ['I', 'threshold'],
  ]);
  out.float(LOAD_FACTOR);
  out.uint32(entries.length === 0 ? 0 : buckets * LOAD_FACTOR);
  out.byte(TC.blockData);
  out.byte(8);
  out.uint32(buckets);
  out.uint32(entries.length);
  let hasClass = false;
  for (const bytes of entries.flat()) {
    if (bytes === null) {
      out.byte(TC.null);
      continue;
    }
    out.byte(TC.array);
    if (hasClass) {
      out.byte(TC.reference);
      out.uint32(BYTE_ARRAY_CLASS_HANDLE);
    } else writeClass(out, BYTE_ARRAY, []);
    hasClass = true;
    out.uint32(bytes.length);
    out.bytes(bytes);
  }
  out.byte(TC.endBlockData);
  return out.toBuffer();
}

interface ClassShape {
  readonly name: string;
  readonly serialVersion: string;
  readonly flags: number;
}

function writeClass(
  out: ByteSink,
  shape: ClassShape,
  fields: readonly (readonly [type: string, name: string])[],
): void {
  out.byte(TC.classDesc);
  out.text(shape.name);
  out.bytes(Buffer.from(shape.serialVersion, 'hex'));
  out.byte(shape.flags);
  out.uint16(fields.length);
  for (const [type, name] of fields) {
    out.bytes(Buffer.from(type, 'latin1'));
    out.text(name);
  }
  out.byte(TC.endBlockData);
  out.byte(TC.null);
}

/** The entries of such a file. @throws JavaFormatError for anything else */
export function readJavaHashMap(file: Buffer): ByteEntry[] {
  return new MapReader(file).read();
}

class MapReader {
  readonly #bytes: Buffer;
  /** What each handle stands for: a class by name, or bytes. */
  readonly #handles: (string | Buffer)[] = [];
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): ByteEntry[] {
    if (this.#uint32('the stream header') !== MAGIC_AND_VERSION)
      throw this.#wrong('it does not begin as Java serialisation does');
    this.#expect(TC.object, 'an object');
    const name = this.#class();
    if (name !== HASH_MAP.name) throw this.#wrong(`it holds a ${name}, not a ${HASH_MAP.name}`);
    this.#handles.push('the map');
    this.#skip(8, 'the fields of the map');
    this.#expect(TC.blockData, 'the size of the map');
    this.#expect(8, 'the size of the map');
    this.#skip(4, 'the number of buckets');
    const size = this.#uint32('the size of the map');
    const entries: ByteEntry[] = [];
    for (let index = 0; index < size; index++) entries.push([this.#array(), this.#array()]);
    this.#expect(TC.endBlockData, 'the end of the map');
    return entries;
  }

  /** A class description or a reference to an earlier one. @returns its name */
  #class(): string {
    const tag = this.#byte('a class');
    if (tag === TC.reference) {
      const known = this.#referred();
      if (typeof known !== 'string') throw this.#wrong('a reference leads to no class');
      return known;
    }
    if (tag !== TC.classDesc) throw this.#wrong(`a class was expected, not tag ${tag}`);
    const name = this.#text('a class name');
    this.#skip(8 + 1, 'a class');
    const fieldCount = this.#uint16('the fields of a class');
    for (let index = 0; index < fieldCount; index++) {
      const type = String.fromCharCode(this.#byte('a field'));
      if (type === 'L' || type === '[') throw this.#wrong(`class ${name} has fields of objects`);
      this.#text('a field name');
    }
    this.#expect(TC.endBlockData, 'the end of a class');
    this.#expect(TC.null, 'no superclass');
    this.#handles.push(name);
    return name;
  }

  #array(): Buffer | null {
    const tag = this.#byte('a byte array');
    if (tag === TC.null) return null;
    if (tag === TC.reference) {
      const known = this.#referred();
      if (typeof known === 'string') throw this.#wrong('a reference leads to no byte array');
      return known;
    }
    if (tag !== TC.array) throw this.#wrong(`a byte array was expected, not tag ${tag}`);
    const name = this.#class();
    if (name !== BYTE_ARRAY.name) throw this.#wrong(`it holds a ${name}, not byte arrays`);
    const length = this.#uint32('the length of a byte array');
    const from = this.#skip(length, 'a byte array');
    const bytes = this.#bytes.subarray(from, from + length);
    this.#handles.push(bytes);
    return bytes;
  }

  #referred(): string | Buffer {
    const known = this.#handles[this.#uint32('a reference') - BASE_HANDLE];
    if (known === undefined) throw this.#wrong('a reference leads nowhere');
    return known;
  }

  #text(what: string): string {
    const length = this.#uint16(what);
    const from = this.#skip(length, what);
    return this.#bytes.toString('utf8', from, from + length);
  }

  #expect(byte: number, what: string): void {
    if (this.#byte(what) !== byte) throw this.#wrong(`${what} was expected`);
  }

  #byte(what: string): number {
    return this.#bytes.readUInt8(this.#skip(1, what));
  }

  #uint16(what: string): number {
    return this.#bytes.readUInt16BE(this.#skip(2, what));
  }

  #uint32(what: string): number {
    return this.#bytes.readUInt32BE(this.#skip(4, what));
  }

  /** @returns where the skipped bytes begin */
  #skip(count: number, what: string): number {
    const from = this.#at;
    if (from + count > this.#bytes.length) throw this.#wrong(`it ends in ${what}`);
    this.#at += count;
    return from;
  }

  #wrong(why: string): JavaFormatError {
    return new JavaFormatError(
      `this is no offset file of Kafka Connect: ${why} (byte ${this.#at})`,
    );
  }
}

/** Bytes in big-endian order, gathered. */
class ByteSink {
  readonly #parts: Buffer[] = [];

  byte(value: number): void {
    this.#parts.push(Buffer.of(value));
  }

  uint16(value: number): void {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value);
    this.#parts.push(bytes);
  }

  uint32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    this.#parts.push(bytes);
  }

  float(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    this.#parts.push(bytes);
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.uint16(bytes.length);
    this.#parts.push(bytes);
  }

  bytes(value: Buffer): void {
    this.#parts.push(value);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
