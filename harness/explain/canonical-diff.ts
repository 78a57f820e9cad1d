import { hideSessionToken } from '#mock-aws/sigv4/hide-session-token.ts';
import { sha256Hex } from '#mock-aws/sigv4/digest.ts';
import { formatCanonicalRequest, type HeaderLine, type SigningParts } from './signing-parts.ts';

/** Two canonical requests beside each other. Session tokens are hidden. */
export interface CanonicalDiff {
  /** Who signed: `proxy "ingress"`, or `the signer`. */
  readonly signedBy: string;
  readonly checkedBy: string;
  readonly pieces: readonly DiffPiece[];
  /** SHA-256 of the two texts, in hex; equal when only the string to sign or the key differs. */
  readonly signedHash: string;
  readonly checkedHash: string;
  /** The other lines of the string to sign, where they differ. */
  readonly stringToSign: readonly DiffPiece[];
}

/** One line of the canonical request; undefined on the side that lacks it. */
export interface DiffPiece {
  readonly kind: 'method' | 'path' | 'query' | 'header' | 'signed-headers' | 'payload-hash' | 'date' | 'scope';
  readonly signed: string | undefined;
  readonly checked: string | undefined;
}

/** Compares what was signed with what was checked, line by line. */
export function createCanonicalDiff(
  signed: SigningParts,
  checked: SigningParts,
  names: { readonly signedBy: string; readonly checkedBy: string },
): CanonicalDiff {
  const scope = ({ scope: { day, region, service, terminator } }: SigningParts) =>
    `${day}/${region}/${service}/${terminator}`;
  return {
    ...names,
    pieces: [
      { kind: 'method', signed: signed.method, checked: checked.method },
      { kind: 'path', signed: signed.path, checked: checked.path },
      { kind: 'query', signed: hideSessionToken(signed.query), checked: hideSessionToken(checked.query) },
      ...pairHeaders(signed.headers, checked.headers),
      { kind: 'signed-headers', signed: signed.signedHeaders, checked: checked.signedHeaders },
      { kind: 'payload-hash', signed: signed.payloadHash, checked: checked.payloadHash },
    ],
    signedHash: sha256Hex(formatCanonicalRequest(signed)),
    checkedHash: sha256Hex(formatCanonicalRequest(checked)),
    stringToSign: [
      { kind: 'date' as const, signed: signed.stamp, checked: checked.stamp },
      { kind: 'scope' as const, signed: scope(signed), checked: scope(checked) },
    ].filter((piece) => piece.signed !== piece.checked),
  };
}

function pairHeaders(signed: readonly HeaderLine[], checked: readonly HeaderLine[]): DiffPiece[] {
  const names = [...new Set([...signed, ...checked].map(({ name }) => name))].toSorted();
  const find = (lines: readonly HeaderLine[], name: string) => {
    const line = lines.find((candidate) => candidate.name === name);
    return line === undefined ? undefined : hideSessionToken(`${line.name}:${line.value}`);
  };
  return names.map((name) => ({ kind: 'header', signed: find(signed, name), checked: find(checked, name) }));
}
