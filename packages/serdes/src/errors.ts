// Every error this package raises.

/** The value does not fit the format. Never retriable: the value has to change. */
export class SerializationError extends Error {
  override readonly name = 'SerializationError';
  readonly code = 'SERIALIZATION_FAILED';
  readonly retriable = false;
}

/** The bytes are not of the format. Never retriable: the record stays as it is. */
export class DeserializationError extends Error {
  override readonly name = 'DeserializationError';
  readonly code = 'DESERIALIZATION_FAILED';
  readonly retriable = false;
}
