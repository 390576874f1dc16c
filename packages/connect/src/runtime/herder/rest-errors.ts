// What the REST API answers with other statuses than 500. Kafka: ConnectRestException, BadRequestException.
import { ConnectError } from '../../errors.ts';

/** The request cannot be right: status 400. */
export class BadRequestError extends ConnectError {
  override readonly name: string = 'BadRequestError';
  override readonly code: string = 'BAD_REQUEST';
  override readonly javaClass: string =
    'org.apache.kafka.connect.runtime.rest.errors.BadRequestException';
}
