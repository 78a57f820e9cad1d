import { createHash, type X509Certificate } from 'node:crypto';
import { parseSubjectAltNames } from '../secrets/subject-alt-names.ts';
import type { PeerCertificate } from './types.ts';

/** The facts of a caller's certificate that XFCC and authorisation use. */
export function describePeerCertificate(leaf: X509Certificate): PeerCertificate {
  const { uri, dns } = parseSubjectAltNames(leaf.subjectAltName);
  return {
    hash: createHash('sha256').update(leaf.raw).digest('hex'),
    subject: formatSubject(leaf.subject),
    uriSans: uri,
    dnsSans: dns,
    pem: leaf.toString(),
    chainPem: Array.from(presentedChain(leaf), (certificate) => certificate.toString()).join(''),
  };
}

/** Node gives one attribute a line, already escaped, in the order of the certificate; RFC 2253 reverses it. */
function formatSubject(subject: string | undefined): string {
  return (subject ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .reverse()
    .join(',');
}

/** The leaf and its intermediates. The root closes the chain and is not sent. */
function* presentedChain(leaf: X509Certificate): Generator<X509Certificate> {
  yield leaf;
  for (
    let issuer = leaf.issuerCertificate;
    issuer !== undefined && issuer.subject !== issuer.issuer;
    issuer = issuer.issuerCertificate
  )
    yield issuer;
}
