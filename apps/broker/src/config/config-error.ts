// A configuration that cannot be used. The message is one line that names the key and says what to do.

/** Refused configuration: of the command line (exit code 2) or of a request (INVALID_CONFIG). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** The key at fault, where there is one. */
  readonly key: string | undefined;

  constructor(message: string, key?: string) {
    super(message);
    this.key = key;
  }
}
