// Who has opened a connection, by the client id of its first request: servers say in it which node they are.

/** A node's id, or whoever is no node. */
export type Party = number | 'client';

/** Size, API, version and correlation id stand before the client id. */
const CLIENT_ID_AT = 12;
/** Ottla's servers; Apache Kafka's quorum, replica fetchers and ways to the controller. */
const NODES = [
  /^ottla-(?:raft|broker|heartbeats|controller|replica)-(\d+)/,
  /^raft-client-(\d+)$/,
  /^broker-(\d+)-fetcher-\d+$/,
  /^(\d+)$/,
];

/** @param bytes the first of a connection */
export function partyOf(bytes: Buffer): Party {
  const clientId = clientIdOf(bytes);
  for (const pattern of NODES) {
    const match = pattern.exec(clientId);
    if (match !== null) return Number(match[1]);
  }
  return 'client';
}

function clientIdOf(bytes: Buffer): string {
  if (bytes.length < CLIENT_ID_AT + 2) return '';
  const length = bytes.readInt16BE(CLIENT_ID_AT);
  return length < 0 ? '' : bytes.toString('utf8', CLIENT_ID_AT + 2, CLIENT_ID_AT + 2 + length);
}
