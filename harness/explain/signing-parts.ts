import { type CredentialScope } from '#mock-aws/sigv4/credential-scope.ts';
import { createStringToSign } from '#mock-aws/sigv4/string-to-sign.ts';

/** A canonical header line. */
export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** How the secret was used as a key: as it is, or with what copying and base64 tools add to it. */
export type SecretForm =
  'as-given' | 'trailing-newline' | 'trailing-blank' | 'trailing-crlf' | 'double-quoted' | 'single-quoted';

/** Everything a signature covers, taken apart so that one piece can be exchanged. */
export interface SigningParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly HeaderLine[];
  /** As in the canonical request: names joined by `;`. */
  readonly signedHeaders: string;
  readonly payloadHash: string;
  /** Second line of the string to sign: `20150830T123600Z`. */
  readonly stamp: string;
  /** Third line of the string to sign. */
  readonly scope: CredentialScope;
  /** What the signing key was derived for; the same as `scope` in every correct signer. */
  readonly keyScope: CredentialScope;
  readonly secretForm: SecretForm;
}

/** Exchanges pieces of {@link SigningParts}. */
export interface PartsEdit {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly signedHeaders?: string;
  readonly payloadHash?: string;
  readonly stamp?: string;
  readonly scope?: CredentialScope;
  readonly keyScope?: CredentialScope;
  readonly secretForm?: SecretForm;
  /** New values by lower-case name; undefined takes the line out. A name that has no line gets one. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the parts back from the two texts a verifier or signer made.
 *
 * Returns undefined for texts that are not a canonical request and a string to sign.
 */
export function parseSigningParts(canonicalRequest: string, stringToSign: string): SigningParts | undefined {
  const lines = canonicalRequest.split('\n');
  const [method, path, query] = lines;
  const payloadHash = lines.at(-1);
  const signedHeaders = lines.at(-2);
  const [, stamp, scopeText] = stringToSign.split('\n');
  const scope = parseScope(scopeText);
  if (method === undefined || path === undefined || query === undefined || lines.length < 6) return undefined;
  if (payloadHash === undefined || signedHeaders === undefined || stamp === undefined || scope === undefined)
    return undefined;
  const headers = lines.slice(3, -3).map(parseHeaderLine);
  return {
    method,
    path,
    query,
    headers,
    signedHeaders,
    payloadHash,
    stamp,
    scope,
    keyScope: scope,
    secretForm: 'as-given',
  };
}

function parseScope(text: string | undefined): CredentialScope | undefined {
  const [day, region, service, terminator] = (text ?? '').split('/');
  if (day === undefined || region === undefined || service === undefined || terminator === undefined) return undefined;
  return { day, region, service, terminator };
}

function parseHeaderLine(line: string): HeaderLine {
  const colon = line.indexOf(':', 1);
  return { name: line.slice(0, colon), value: line.slice(colon + 1) };
}

/** The canonical request of the parts. */
export function formatCanonicalRequest(parts: SigningParts): string {
  let headers = '';
  for (const { name, value } of parts.headers) headers += `${name}:${value}\n`;
  return `${parts.method}\n${parts.path}\n${parts.query}\n${headers}\n${parts.signedHeaders}\n${parts.payloadHash}`;
}

/** The string to sign of the parts. */
export function formatStringToSign(parts: SigningParts): string {
  return createStringToSign(parts.stamp, parts.scope, formatCanonicalRequest(parts));
}

export function applyEdit(parts: SigningParts, edit: PartsEdit): SigningParts {
  return {
    ...parts,
    ...edit,
    headers: edit.headers === undefined ? parts.headers : editHeaders(parts.headers, edit.headers),
  };
}

/** Searches come by here tens of thousands of times, so lines are sorted only when one was added. */
function editHeaders(lines: readonly HeaderLine[], edits: NonNullable<PartsEdit['headers']>): HeaderLine[] {
  const edited: HeaderLine[] = [];
  for (const line of lines) {
    if (!(line.name in edits)) {
      edited.push(line);
      continue;
    }
    const value = edits[line.name];
    if (value !== undefined) edited.push({ name: line.name, value });
  }
  const added = Object.entries(edits).flatMap(([name, value]) =>
    value === undefined || lines.some((line) => line.name === name) ? [] : [{ name, value }],
  );
  if (added.length === 0) return edited;
  return [...edited, ...added].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** The value of a canonical header line. */
export function findLine(parts: SigningParts, name: string): string | undefined {
  return parts.headers.find((line) => line.name === name)?.value;
}

/** Whether the session token was taken out of these parts, as events and journals do: they can't be signed again. */
export function isTokenHidden({ headers, query }: SigningParts): boolean {
  return headers.some(({ value }) => value === '(hidden)') || query.includes('X-Amz-Security-Token=(hidden)');
}
