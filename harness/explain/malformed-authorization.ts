/** Why AWS could not read a signature, and what to do. */
export interface MalformedText {
  readonly why: string;
  readonly fix: string;
}

const ONE_SIGNER =
  'let one signer sign: remove Authorization in front of the filter that signs (headers.request.remove in the VirtualService of the gateway), or leave the other signer out; Envoy from 1.34 on replaces a signature that is there';

/** Reads AWS's complaint about an Authorization header, which quotes it; undefined when it is none that is known. */
export function explainMalformedAuthorization(message = ''): MalformedText | undefined {
  const signatures = message.match(/AWS4-HMAC-SHA256 Credential=/g)?.length ?? 0;
  if (signatures > 1) {
    return {
      why: `The request carries ${signatures === 2 ? 'two' : signatures} signatures in one Authorization header, and AWS reads them as one that is broken${describeKeys(message)}.`,
      fix: ONE_SIGNER,
    };
  }
  const algorithm = /Unsupported AWS 'algorithm': '([^']*)'/.exec(message)?.[1];
  if (algorithm !== undefined) {
    return {
      why: `AWS took the Authorization header of the caller ("${algorithm}") for the signature.`,
      fix: "remove the caller's Authorization header before the filter that signs (headers.request.remove in the VirtualService of the gateway in front of it); a token that the function needs can go by another name",
    };
  }
  const missing = Array.from(message.matchAll(/requires '(\w+)' parameter/g), ([, name]) => name);
  if (/X-Amz-Date.*Date.*header/.test(message)) missing.push('X-Amz-Date');
  if (missing.length === 0) return undefined;
  return {
    why: `The signature is not whole: it lacks ${missing.join(', ')}.`,
    fix: 'send one "Authorization: AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..." with x-amz-date, on one line',
  };
}

/** Who signed: the keys differ where two signers have keys of their own. */
function describeKeys(message: string): string {
  const keys = [...new Set(Array.from(message.matchAll(/Credential=([A-Z0-9]+)\//g), ([, key]) => key))];
  return keys.length > 1 ? ` (keys ${keys.join(' and ')})` : '';
}
