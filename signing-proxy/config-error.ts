/**
 * A resource that this proxy refuses. The message becomes the reason in the NACK, so it is worded as Envoy words it
 * wherever users would paste it into a search (xds.md 4.9).
 */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
