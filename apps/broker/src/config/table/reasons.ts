// Why a key has no effect or is refused, in words that go into log lines and error messages.

export const THREADS: string = 'one event loop does the work of this thread pool';
export const NO_CLEANER: string =
  'the log cleaner is not served yet; compacted topics keep everything';
export const NO_TRANSACTIONS: string = 'transactions are not served yet';
export const NO_SHARE_GROUPS: string = 'share groups are not served yet';
export const NO_STREAMS_GROUPS: string = 'streams groups are not served yet';
export const NO_CONSUMER_GROUPS: string =
  'groups of the consumer protocol are not served yet; classic groups are';
export const WITH_RECOVERY_POINTS: string =
  'it is done with the recovery points, see log.flush.offset.checkpoint.interval.ms';
export const NO_TIERS: string = 'tiered storage is not served yet';
export const NO_MOVES: string = 'replicas are not moved between data directories yet';
export const ALWAYS_LEAVES: string = 'a broker that stops always asks for leave';
export const HEARTBEATS_TELL: string =
  'heartbeats tell of failed directories until they are answered';
export const NO_QUOTAS: string = 'quotas are not served yet';
export const NO_PURGE: string =
  'completed operations leave the purgatory at once, there is nothing to purge';
export const SYSTEM_BUFFERS: string = 'the operating system sizes socket buffers';
export const NO_AUTHENTICATION: string = 'TLS and SASL are not served yet';
export const NO_ACLS: string = 'ACLs are not served yet';
export const OWN_METRICS: string = 'metrics are served on ottla.http.listener';
export const OWN_QUORUM_BOUNDS: string = 'the quorum has bounds and pauses of its own';
export const OWN_CONTROLLER: string = 'the controller has no such part';
export const NO_TELEMETRY: string = 'client telemetry is not served yet';
export const NO_NEED: string = 'it changes no result here';
export const BYTES_BOUNDED: string =
  'queued requests are bounded by bytes, see queued.max.request.bytes';
export const NO_PLUGINS: string = 'Java plug-ins cannot be loaded';
export const NO_CORDON: string = 'cordoned directories are not served yet';
export const ONE_DIRECTORY: string = 'the metadata log lives in the first data directory';
export const NO_UNSTABLE: string = 'unstable versions are not served';
