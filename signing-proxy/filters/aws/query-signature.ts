import { encode } from '../../dialects/percent-encoding.ts';
import type { QueryParameter } from '../../dialects/query-parameters.ts';
import type { HeaderMap } from '../../http/header-map.ts';

/** The parameters that carry a signature besides itself. */
interface SignatureParameters {
  readonly algorithm: string;
  readonly credential: string;
  readonly date: string;
  readonly expiresSeconds: number;
  readonly signedHeaders: string;
  readonly sessionToken: string | undefined;
  readonly regionSet: string | undefined;
}

/**
 * Writes the parameters of a signature into `:path`. The whole query is rewritten on the way: sorted by name, the values of
 * one name in their order, a missing value as an empty one (gateways.md 2.9, E/aws `signer_base_impl.cc`).
 */
export function addSignatureParameters(headers: HeaderMap, parameters: SignatureParameters): void {
  addParameters(headers, [
    ['X-Amz-Region-Set', parameters.regionSet],
    ['X-Amz-Algorithm', parameters.algorithm],
    ['X-Amz-Date', parameters.date],
    ['X-Amz-Expires', String(parameters.expiresSeconds)],
    ['X-Amz-Security-Token', parameters.sessionToken],
    ['X-Amz-Credential', parameters.credential],
    ['X-Amz-SignedHeaders', parameters.signedHeaders],
  ]);
}

/** Adds the signature itself, once it is known. */
export function addSignature(headers: HeaderMap, signature: string): void {
  addParameters(headers, [['X-Amz-Signature', signature]]);
}

function addParameters(
  headers: HeaderMap,
  added: readonly (readonly [name: string, value: string | undefined])[],
): void {
  const target = headers.get(':path') ?? '';
  const mark = target.indexOf('?');
  const parameters = mark < 0 ? [] : splitAll(target.slice(mark + 1));
  for (const [name, value] of added)
    if (value !== undefined) parameters.push({ name, value: encode(value, /[^A-Za-z0-9\-._~]/g) });
  parameters.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
  const query = parameters.map(({ name, value }) => `${name}=${value}`).join('&');
  headers.set(':path', `${mark < 0 ? target : target.slice(0, mark)}?${query}`);
}

/** Between two `&` is a parameter with neither name nor value; only what follows the last one is none. */
function splitAll(query: string): QueryParameter[] {
  const pieces = query.split('&');
  if (pieces.at(-1) === '') pieces.pop();
  return pieces.map((piece) => {
    const end = piece.indexOf('=');
    return end < 0 ? { name: piece, value: '' } : { name: piece.slice(0, end), value: piece.slice(end + 1) };
  });
}
