// The package's front door: wire primitives, tables of APIs and errors, headers, frames. Message modules are reached
// through `@ottla/protocol/messages/<name>` or lazily through `loadMessages`; record batches through `./records`.

export { allApis, ApiKey, apiInfo } from './api/api-info.ts';
export type { ApiFacts, ApiInfo, ApiListener } from './api/api-info.ts';
export { encodeMessage, encodeRequest, encodeResponse, FRAME_SIZE_BYTES } from './api/frames.ts';
export { decodeRequestHeader, decodeResponseHeader, requireApi } from './api/headers.ts';
export type { RequestHeader, ResponseHeader } from './api/headers.ts';
export { loadedMessages, loadMessages } from './api/load-messages.ts';
export type { ApiMessages } from './api/load-messages.ts';
export { ErrorCode } from './errors/error-code.ts';
export type { ErrorName } from './errors/error-code.ts';
export { allErrors, errorInfo } from './errors/error-info.ts';
export type { ErrorInfo } from './errors/error-info.ts';
export { ProtocolError } from './protocol-error.ts';
export type { ProtocolErrorCode } from './protocol-error.ts';
export type { MessageCodec } from './wire/message-codec.ts';
export { ARRAY_ELEMENTS_MAX, Reader, STRING_BYTES_MAX } from './wire/reader.ts';
export { recordsBytes, SPLICE_BYTES_MIN } from './wire/records-source.ts';
export type { RecordsRegion, RecordsSource, Segment } from './wire/records-source.ts';
export { arrayLengthSize } from './wire/sizes.ts';
export { UNKNOWN_TAGGED_FIELDS_MAX } from './wire/tagged-fields.ts';
export type { RawTaggedField, Tagged } from './wire/tagged-fields.ts';
export {
  METADATA_TOPIC_ID,
  UUID_BYTES,
  uuidFromBytes,
  uuidToBytes,
  writeUuid,
  ZERO_UUID,
} from './wire/uuid.ts';
export type { Uuid } from './wire/uuid.ts';
export { Writer } from './wire/writer.ts';
