// Who asks, for the coordinator's requests.

/** The part of a request's header and connection that coordinators use. */
export interface RequestContext {
  /** '' when the client gave none. */
  readonly clientId: string;
  /** As Kafka prints an address: `/127.0.0.1`. */
  readonly clientHost: string;
  /** Version of the request; the response is made for the same. */
  readonly apiVersion: number;
}
