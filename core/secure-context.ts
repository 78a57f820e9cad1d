import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { createRecentCache } from './recent-cache.ts';

/** OpenSSL takes a millisecond and more to read a key and certificates, and worlds of one seed have the same. */
const contexts = createRecentCache<SecureContext>(100);

/**
 * The TLS context of these options, which are text throughout; made when first asked for. A context may serve many
 * connections at once, and many worlds: sessions are kept by those who connect.
 *
 * @throws Error from OpenSSL when the options do not fit together
 */
export function findSecureContext(options: SecureContextOptions): SecureContext {
  return contexts.get(JSON.stringify(options), () => createSecureContext(options));
}
