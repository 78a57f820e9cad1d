import type { Instant } from '#core/clock.ts';
import { DocumentError, findObject, parseObject, readText } from './key-document.ts';
import type { Credentials } from './types.ts';

/** What STS grants, as far as a signer needs it. */
export interface StsGrant {
  readonly credentials: Credentials;
  /** Undefined when the answer names none that the release can read. */
  readonly expiresAt: Instant | undefined;
}

/**
 * Reads the JSON form of an STS answer (gateways.md 3.6). The errors are Envoy's log lines.
 *
 * @param action `AssumeRoleWithWebIdentity` or `AssumeRole`
 * @param readsExponents whether `1.7E9` is a date; it was not until envoyproxy/envoy#34426 (B26)
 * @throws DocumentError
 */
export function parseStsDocument(text: string, action: string, readsExponents: boolean): StsGrant {
  const root = findObject(parse(text), `${action}Response`);
  if (root === undefined) throw new DocumentError('AWS STS credentials document is empty');
  const result = findObject(root, `${action}Result`);
  if (result === undefined) throw new DocumentError('AWS STS returned an unexpected result');
  const fields = findObject(result, 'Credentials');
  if (fields === undefined) throw new DocumentError('AWS STS credentials document does not contain any credentials');
  const credentials = {
    accessKeyId: readText(fields, 'AccessKeyId'),
    secretAccessKey: readText(fields, 'SecretAccessKey'),
    sessionToken: readText(fields, 'SessionToken'),
  };
  if (Object.values(credentials).includes(''))
    throw new DocumentError('Bad format, could not parse AWS credentials document from STS');
  return { credentials, expiresAt: findExpiry(fields, text, readsExponents) };
}

function parse(text: string): object {
  try {
    return parseObject(text);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new DocumentError(`Could not parse AWS credentials document from STS: ${error.message}`);
  }
}

/** How a number was written is not in its value: the text is asked. */
function findExpiry(fields: object, text: string, readsExponents: boolean): Instant | undefined {
  const seconds: unknown = Reflect.get(fields, 'Expiration');
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return undefined;
  const isPlain = /"Expiration"\s*:\s*\d+\s*[,}]/.test(text);
  return isPlain || readsExponents ? Math.floor(seconds) * 1000 : undefined;
}
