import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from '../../credentials/types.ts';
import { P256_ORDER, signEcdsa } from './sign-ecdsa.ts';
import type { SignatureMaker } from './signature-maker.ts';

const ALGORITHM = 'AWS4-ECDSA-P256-SHA256';

/**
 * ECDSA with a key that is derived from the access key alone, so that one signature is good for a set of regions
 * (gateways.md 2.9, envoyproxy/envoy#31336).
 */
export function createSigV4A(): SignatureMaker {
  let known: { readonly credentials: Credentials; readonly key: bigint } | undefined;
  return {
    algorithm: ALGORITHM,
    hasRegionSet: true,
    createCredentialScope: ({ date, service }) => `${date}/${service}/aws4_request`,
    createSignature(stringToSign, credentials) {
      if (known === undefined || !isSameKey(known.credentials, credentials))
        known = { credentials, key: deriveKey(credentials) };
      return signEcdsa(createHash('sha256').update(stringToSign, 'latin1').digest(), known.key).toString('hex');
    },
  };
}

function isSameKey(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey;
}

/** NIST SP 800-108 in counter mode; a candidate that is no private key is passed over, which happens once in 2^32. */
function deriveKey({ accessKeyId, secretAccessKey }: Credentials): bigint {
  for (let counter = 1; counter <= 254; counter++) {
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(`${ALGORITHM}\0${accessKeyId}`),
      Buffer.from([counter, 0, 0, 1, 0]),
    ]);
    const candidate = createHmac('sha256', `AWS4A${secretAccessKey}`).update(input).digest('hex');
    const number = BigInt(`0x${candidate}`);
    if (number <= P256_ORDER - 2n) return number + 1n;
  }
  throw new RangeError('no private key can be derived from this access key');
}
