import { percentDecode } from '#mock-aws/sigv4/percent-encoding.ts';
import type { SignatureCause } from './cause.ts';

/** The two values of one header, as signed and as checked. */
export interface HeaderPair {
  readonly name: string;
  readonly signed: string | undefined;
  readonly checked: string | undefined;
}

/** Names what happened to a header between signing and checking. */
export function classifyHeaderChange({ name, signed, checked }: HeaderPair): SignatureCause {
  if (name === 'host' && isPortAdded(signed, checked)) return 'host-port';
  if (name === 'x-amz-security-token') return 'session-token';
  if (name === 'x-amz-date') return 'wrong-date';
  if (signed === undefined || signed === '') return 'header-added';
  if (checked === undefined || checked === '') return 'header-removed';
  return 'header-changed';
}

function isPortAdded(signed: string | undefined, checked: string | undefined): boolean {
  const withoutPort = (host: string | undefined) => host?.replace(/:\d+$/, '');
  return signed !== checked && withoutPort(signed) === withoutPort(checked);
}

/** Tells another spelling of a path from another path. Both are canonical paths. */
export function classifyPathChange(signed: string, checked: string): SignatureCause {
  return spellPath(signed) === spellPath(checked) ? 'path-encoding' : 'path-changed';
}

/** Tells another order or spelling of a query from another query. Both are canonical queries. */
export function classifyQueryChange(signed: string, checked: string): SignatureCause {
  if (sortText(signed) === sortText(checked)) return 'query-order';
  return spellQuery(signed) === spellQuery(checked) ? 'query-encoding' : 'query-changed';
}

function spellPath(path: string): string {
  return decodeFully(path).replace(/\/+/g, '/');
}

function spellQuery(query: string): string {
  const parts = query.split('&').map((part) => decodeFully(part.replaceAll('+', ' ')).replace(/=$/, ''));
  return parts.toSorted().join('&');
}

function sortText(query: string): string {
  return query.split('&').toSorted().join('&');
}

/** A path may have been encoded up to three times: once on the wire, twice more by signers. */
function decodeFully(text: string): string {
  let decoded = text;
  for (let round = 0; round < 3; round += 1) decoded = percentDecode(decoded);
  return decoded;
}
