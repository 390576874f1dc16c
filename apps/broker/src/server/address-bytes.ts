// IP addresses as four or sixteen bytes, as an Envelope carries the client's. Kafka: InetAddress.getAddress.

const LOOPBACK = Buffer.from([127, 0, 0, 1]);
const GROUPS = 8;

/** Bytes of an address in text; loopback for what is none (a connection inside the process). */
export function addressBytes(host: string): Buffer {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1] ?? host;
  if (/^\d+(\.\d+){3}$/.test(mapped)) return Buffer.from(mapped.split('.').map(Number));
  return host.includes(':') ? ipv6Bytes(host.split('%')[0] ?? host) : LOOPBACK;
}

/** Text of an address; undefined when the bytes are none. */
export function addressText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 2 * GROUPS) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const groups = Array.from({ length: GROUPS }, (_, index) => view.readUInt16BE(2 * index));
  return groups.map((group) => group.toString(16)).join(':');
}

function ipv6Bytes(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const gap = Math.max(0, GROUPS - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => 0), ...back].slice(0, GROUPS);
  const bytes = Buffer.alloc(2 * GROUPS);
  groups.forEach((group, index) => bytes.writeUInt16BE(group & 0xffff, 2 * index));
  return bytes;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16) || 0);
}
