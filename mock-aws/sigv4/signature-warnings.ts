import type { Authorization } from './authorization.ts';
import type { HeaderIndex } from './header-index.ts';
import type { RequestTime } from './request-time.ts';

/** What AWS lets pass but a careful signer would not do. Sentences for people. */
export function findSignatureWarnings(
  authorization: Authorization,
  headers: HeaderIndex,
  time: RequestTime,
): readonly string[] {
  const warnings: string[] = [];
  for (const name of headers.names) {
    if (name.startsWith('x-amz-') && !authorization.signedHeaders.names.includes(name)) {
      warnings.push(`Header "${name}" is not signed; only S3 would refuse that`);
    }
  }
  if (authorization.date !== time.basic) {
    warnings.push(
      `Date "${authorization.date}" is not in ISO 8601 basic format; the string to sign has "${time.basic}"`,
    );
  }
  return warnings;
}
